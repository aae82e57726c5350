"""What orders come to: refunds and cancellations on their own day, never more than was paid."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.results.attribution import is_within, last_delivered
from domain.results.order_entries import CANCELLED, REFUNDED, Entry, Order, OrderChange, entries

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
INR = "INR"


def order(amount: int | None = 1000, currency: str | None = INR) -> Order:
    return Order(MONDAY, amount, currency)


def refund(amount: int | None, days: int = 1, currency: str | None = INR) -> OrderChange:
    return OrderChange(REFUNDED, MONDAY + days * DAY, f"r{days}{amount}", amount, currency)


def cancellation(days: int = 2) -> OrderChange:
    return OrderChange(CANCELLED, MONDAY + days * DAY, f"c{days}")


def revenue(found: list[Entry]) -> Counter[str | None]:
    total = Counter[str | None]()
    for each in found:
        total[each.currency] += each.amount
    return total


def test_an_order_counts_on_the_day_it_was_placed_and_its_refund_on_its_own() -> None:
    placed, refunded = entries(order(), [refund(300)])
    assert placed == Entry(MONDAY, placed=1, amount=1000, currency=INR)
    assert refunded == Entry(MONDAY + DAY, amount=-300, currency=INR)


def test_a_cancellation_takes_off_the_order_and_all_that_is_left() -> None:
    *_, cancelled = entries(order(), [refund(300), cancellation()])
    assert cancelled == Entry(MONDAY + 2 * DAY, cancelled=1, amount=-700, currency=INR)


def test_a_second_cancellation_takes_off_nothing() -> None:
    *_, second = entries(order(), [cancellation(2), cancellation(3)])
    assert (second.cancelled, second.amount) == (0, 0)


def test_a_refund_without_an_amount_is_of_all_that_is_left() -> None:
    *_, whole = entries(order(), [refund(300), refund(None, 2)])
    assert whole.amount == -700


def test_a_refund_in_another_currency_is_taken_off_in_that_one() -> None:
    found = list(entries(order(), [refund(30, currency="USD")]))
    assert revenue(found) == {INR: 1000, "USD": -30}


def test_a_refund_without_a_currency_is_in_the_orders() -> None:
    assert revenue(list(entries(order(), [refund(300, currency=None)]))) == {INR: 700}


def test_an_order_of_unknown_value_counts_without_an_amount() -> None:
    for unknown in (order(None), order(currency=None)):
        placed, refunded, cancelled = entries(unknown, [refund(300), cancellation()])
        assert (placed.placed, placed.of_unknown_value, placed.currency) == (1, 1, None)
        assert refunded.amount == 0
        assert (cancelled.cancelled, cancelled.of_unknown_value) == (1, -1)


changes = st.builds(
    OrderChange,
    kind=st.sampled_from([REFUNDED, CANCELLED]),
    at=st.integers(0, 5).map(lambda days: MONDAY + days * DAY),
    key=st.uuids().map(str),
    amount=st.none() | st.integers(0, 3000),
    currency=st.sampled_from([None, INR]),
)


@given(st.integers(0, 2000), st.lists(changes), st.randoms())
def test_any_order_of_arrival_comes_to_the_same_and_to_nothing_below_zero(
    amount: int, found: list[OrderChange], random: Random
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    same = list(entries(order(amount), found))
    assert list(entries(order(amount), shuffled)) == same
    assert 0 <= revenue(same)[INR] <= amount
    assert sum(each.placed - each.cancelled for each in same) in {0, 1}


def test_an_order_is_within_the_window_up_to_its_end() -> None:
    window = 3 * DAY
    assert is_within(MONDAY, MONDAY, window)
    assert is_within(MONDAY + window, MONDAY, window)
    assert not is_within(MONDAY + window + timedelta(seconds=1), MONDAY, window)
    assert not is_within(MONDAY - timedelta(seconds=1), MONDAY, window)
    assert not is_within(MONDAY, None, window)


@given(st.lists(st.integers(-5, 5)), st.randoms())
def test_the_last_message_before_an_order_is_the_same_in_any_order(
    days: list[int], random: Random
) -> None:
    delivered = [(MONDAY + day * DAY, f"m{number}", day) for number, day in enumerate(days)]
    found = last_delivered(delivered, MONDAY)
    random.shuffle(delivered)
    assert last_delivered(delivered, MONDAY) == found
    latest = max((day for day in days if day <= 0), default=None)
    assert found == latest
