"""Reading orders: what can be read is, and nothing that a partner posts is an error."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events.kinds import ORDER_KINDS
from domain.events.orders import (
    MAX_AMOUNT,
    MAX_LINK,
    Money,
    OrderChange,
    OrderPlaced,
    decimal_text,
    read_order,
)
from domain.values.exact_json import read_json, write_json

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = ("order_id", "price", "currency", "landing_url", "refund_id", "line_items")


def placed(**data: Any) -> OrderPlaced:
    order = read_order("order_placed", {"event_data": data})
    assert isinstance(order, OrderPlaced)
    return order


def test_an_order_has_its_id_amount_currency_and_landing_url() -> None:
    price = {"amount": Decimal("1299.50"), "currency": "inr"}
    order = placed(order_id="1001", price=price, landing_url=" https://shop.example/?cb=1 ")
    money = Money(Decimal("1299.5"), "INR")
    assert order == OrderPlaced("1001", money, "https://shop.example/?cb=1")
    assert order.money.millionths == 1_299_500_000


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ("1299.00", 1299),
        (" 600 ", 600),
        (600, 600),
        (0, 0),
        (0.1, "0.1"),
        (Decimal("0.0000005"), 0),
        (Decimal("33.3333333333"), "33.333333"),
        (MAX_AMOUNT, MAX_AMOUNT),
        (MAX_AMOUNT + 1, None),
        ("1,299.00", None),
        ("-1", None),
        (-0.01, None),
        ("NaN", None),
        (float("nan"), None),
        (float("inf"), None),
        ("9" * 33, None),
        ("٦", None),
        ("1e3", None),
        (True, None),
        ([600], None),
        (None, None),
    ],
)
def test_an_amount_that_cannot_be_read_is_unknown(price: Any, amount: Any) -> None:
    wanted = None if amount is None else Decimal(amount)
    assert placed(price=price).money.amount == wanted
    assert placed(price={"amount": price}).money.amount == wanted


@pytest.mark.parametrize(
    ("price", "currency", "read"),
    [
        ({"amount": 1, "currency": "usd"}, "INR", "USD"),
        ({"amount": 1, "currency": "dollars"}, "INR", "INR"),
        (1, " eur ", "EUR"),
        (1, "₹", None),
        (1, "euro", None),
        (1, 840, None),
    ],
)
def test_currency_stands_in_the_price_or_beside_it(price: Any, currency: Any, read: Any) -> None:
    assert placed(price=price, currency=currency).money.currency == read


@pytest.mark.parametrize(
    ("posted", "read"),
    [
        (1001, "1001"),
        (Decimal("10.0"), "10.0"),
        (" A-1 ", "A-1"),
        ("", None),
        (" ", None),
        (True, None),
        (1.5, None),
        (["1"], None),
        (None, None),
    ],
)
def test_an_order_id_is_text_or_digits(posted: Any, read: Any) -> None:
    assert placed(order_id=posted).order_id == read


@pytest.mark.parametrize("link", [None, 7, "", " ", "h" * (MAX_LINK + 1)])
def test_a_landing_url_that_is_no_text_is_none(link: Any) -> None:
    assert placed(landing_url=link).landing_url is None


def test_a_refund_has_its_own_id_and_amount() -> None:
    data = {"order_id": 1001, "price": {"amount": 5, "currency": "INR"}, "refund_id": "r1"}
    refund = read_order("order_refunded", {"event_data": data})
    assert refund == OrderChange("order_refunded", "1001", Money(Decimal(5), "INR"), "r1")


def test_a_cancellation_has_no_amount() -> None:
    data = {"order_id": "1001", "price": 5, "refund_id": "r1"}
    assert read_order("order_cancelled", {"event_data": data}) == OrderChange(
        "order_cancelled", "1001"
    )


@pytest.mark.parametrize("body", [{}, {"event_data": None}, {"event_data": ["in", "any", "form"]}])
def test_an_order_without_readable_data_is_one_of_unknown_value(body: dict[str, Any]) -> None:
    assert read_order("order_placed", body) == OrderPlaced(None)
    assert read_order("order_refunded", body) == OrderChange("order_refunded", None)


def test_other_events_are_about_no_order() -> None:
    assert read_order("cart_update", {"event_data": {"order_id": "1"}}) is None


@given(
    st.sampled_from(sorted(ORDER_KINDS)),
    ANYTHING | st.dictionaries(st.sampled_from(FIELDS), ANYTHING),
)
def test_no_form_of_data_is_an_error(kind: str, data: Any) -> None:
    order = read_order(kind, {"event_data": data})
    assert isinstance(order, OrderPlaced | OrderChange)
    amount = order.money.millionths
    assert amount is None or 0 <= amount <= MAX_AMOUNT * 10**6


@given(st.decimals(0, MAX_AMOUNT, places=6))
def test_a_stored_amount_is_read_and_shown_as_it_was_posted(amount: Decimal) -> None:
    body = read_json(write_json({"event_data": {"price": amount}}))
    order = read_order("order_placed", body)
    assert isinstance(order, OrderPlaced)
    assert order.money.amount == amount
    assert Decimal(decimal_text(order.money.millionths) or "") == amount


@pytest.mark.parametrize(
    ("millionths", "text"),
    [(None, None), (0, "0"), (1_299_000_000, "1299"), (99_500_000, "99.5"), (-1, "-0.000001")],
)
def test_amounts_are_shown_as_decimal_text(millionths: int | None, text: str | None) -> None:
    assert decimal_text(millionths) == text
