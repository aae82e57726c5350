from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import CART_KINDS, EventKind
from domain.journey.buffer import Settled, Wait, latest_per_kind, settle
from domain.journey.outcomes import Ending, Outcome, Reason
from tests.domain.builders import BUFFER, at, buffers, emptied, event, journey_events, ordered

LONG_AFTER = at(86_400)


def replay(events: Sequence[JourneyEvent]) -> JourneyEvent | Reason:
    """An independent model: take the events in their order, and keep those that remain."""
    remaining: list[JourneyEvent] = []
    reason_if_empty = Reason.CART_EMPTIED
    for one in sorted(events, key=_replay_order):
        if one.kind == EventKind.ORDER_PLACED:
            remaining, reason_if_empty = [], Reason.ORDER_PLACED
        elif one.empties_cart:
            had_cart = any(other.kind in CART_KINDS for other in remaining)
            reason_if_empty = Reason.CART_EMPTIED if had_cart else reason_if_empty
            remaining = [other for other in remaining if other.kind not in CART_KINDS]
        else:
            remaining.append(one)
    by_rank = sorted(remaining, key=lambda one: (one.intent, one.at, one.event_id))
    return by_rank[-1] if by_rank else reason_if_empty


def _replay_order(one: JourneyEvent) -> tuple[object, int]:
    """At one instant an order comes last, an emptied cart before it."""
    return (one.at, 2 if one.kind == EventKind.ORDER_PLACED else int(one.empties_cart))


@settings(max_examples=100, deadline=None)
@given(buffers)
def test_buffer_settles_as_the_replay_of_its_events_does(events: list[JourneyEvent]) -> None:
    expected = replay(events)
    result = settle(events, LONG_AFTER, BUFFER)
    if isinstance(expected, Reason):
        assert isinstance(result, Ending)
        assert (result.outcome, result.reason) == (Outcome.EXITED, expected)
        assert result.next_events == ()
    else:
        assert result == Settled(expected, max(one.at for one in events))


@settings(max_examples=100, deadline=None)
@given(buffers.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_order_of_arrival_and_duplicates_change_nothing(
    both: tuple[list[JourneyEvent], list[JourneyEvent]],
) -> None:
    events, shuffled = both
    assert settle(shuffled + events[:2], LONG_AFTER, BUFFER) == settle(events, LONG_AFTER, BUFFER)


@settings(max_examples=100, deadline=None)
@given(buffers, st.integers(0, 30 * 60 * 1000), st.integers(0, 15 * 60))
def test_buffer_waits_until_it_has_passed_since_the_newest_event(
    events: list[JourneyEvent], later_ms: int, buffer_seconds: int
) -> None:
    buffer = timedelta(seconds=buffer_seconds)
    end = max(one.at for one in events) + buffer
    now = at(0) + timedelta(milliseconds=later_ms)
    result = settle(events, now, buffer)
    assert isinstance(result, Wait) == (now < end)
    if isinstance(result, Wait):
        assert result.until == end


def test_buffer_has_passed_at_the_instant_of_its_end() -> None:
    assert isinstance(settle([event(EventKind.PRODUCT_VIEW, 0)], at(0) + BUFFER, BUFFER), Settled)


def test_highest_intent_wins_and_left_at_is_the_newest_timestamp_of_any_event() -> None:
    cart, view = event(EventKind.CART_UPDATE, 0), event(EventKind.PRODUCT_VIEW, 60)
    assert settle([view, cart], LONG_AFTER, BUFFER) == Settled(cart, view.at)


def test_latest_event_of_a_kind_is_the_trigger() -> None:
    first, second = event(EventKind.CART_UPDATE, 0), event(EventKind.CART_UPDATE, 5)
    assert settle([second, first], LONG_AFTER, BUFFER) == Settled(second, second.at)


def test_emptied_cart_removes_the_checkout_and_keeps_the_product_view() -> None:
    view = event(EventKind.PRODUCT_VIEW, 0)
    events = [view, event(EventKind.CHECKOUT_INITIATED, 1), emptied(2)]
    assert settle(events, LONG_AFTER, BUFFER) == Settled(view, at(2))


def test_cart_filled_again_after_it_was_emptied_is_the_trigger() -> None:
    again = event(EventKind.CART_UPDATE, 3)
    assert settle([again, emptied(2)], LONG_AFTER, BUFFER) == Settled(again, at(3))


def test_event_after_an_order_is_the_trigger() -> None:
    view = event(EventKind.PRODUCT_VIEW, 2)
    events = [event(EventKind.CHECKOUT_INITIATED, 0), ordered(1), view]
    assert settle(events, LONG_AFTER, BUFFER) == Settled(view, at(2))


@pytest.mark.parametrize(
    ("events", "reason", "evidence"),
    [
        ([event(EventKind.CART_UPDATE, 0), ordered(1)], Reason.ORDER_PLACED, "order_placed@1"),
        ([ordered(1), emptied(2)], Reason.ORDER_PLACED, "order_placed@1"),
        (
            [ordered(0), event(EventKind.CART_UPDATE, 1), emptied(2)],
            Reason.CART_EMPTIED,
            "emptied@2",
        ),
        ([emptied(0)], Reason.CART_EMPTIED, "emptied@0"),
    ],
)
def test_ending_names_the_order_or_the_emptied_cart(
    events: list[JourneyEvent], reason: Reason, evidence: str
) -> None:
    ending = settle(events, LONG_AFTER, BUFFER)
    assert isinstance(ending, Ending)
    assert ending.reason is reason
    assert ending.evidence["event_id"] == evidence


@settings(max_examples=50, deadline=None)
@given(journey_events(earliest=0, latest=0), st.integers(0, 9))
def test_order_at_the_same_instant_ends_the_journey_at_any_intent(
    other: JourneyEvent, intent: int
) -> None:
    ranked = other.model_copy(update={"intent": intent, "event_id": "~last"})
    ending = settle([ordered(0), ranked], LONG_AFTER, BUFFER)
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.ORDER_PLACED


@settings(max_examples=200, deadline=None)
@given(buffers, st.sampled_from([at(0), at(3), LONG_AFTER]))
def test_latest_events_per_kind_decide_as_all_events_do(
    events: list[JourneyEvent], now: datetime
) -> None:
    kept = latest_per_kind(events)

    assert settle(kept, now, BUFFER) == settle(events, now, BUFFER)
    assert len({(one.kind, one.empties_cart) for one in kept}) == len(kept)
