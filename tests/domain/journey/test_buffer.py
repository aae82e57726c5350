from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import CART_KINDS, EventKind
from domain.journey.buffer import Settled, Wait, latest_per_kind, settle
from domain.journey.later_events import JourneySubject, review
from domain.journey.outcomes import Ending, Outcome, Reason
from domain.journey.policy import JourneyPolicy
from domain.stores.config import Unplanned
from tests.domain.builders import (
    BUFFER,
    CUSTOM,
    GRACE,
    PLANNED_KINDS,
    at,
    buffers,
    emptied,
    event,
    journey_events,
    ordered,
    policies,
    policy,
)

LONG_AFTER = at(86_400)
EVERYTHING = (*PLANNED_KINDS, CUSTOM)
"""A plan for every kind, so that every event counts."""
ONLY_CARTS = policy(planned_kinds=(EventKind.CART_UPDATE,))
graces = st.integers(0, 3).map(lambda seconds: timedelta(seconds=seconds))


def replay(events: Sequence[JourneyEvent], rules: JourneyPolicy) -> JourneyEvent | Reason:
    """An independent model: take the events in their order, and keep those that remain."""
    remaining: list[JourneyEvent] = []
    reason_if_empty = Reason.CART_EMPTIED
    over_until = None
    for one in sorted(events, key=_replay_order):
        if one.kind == EventKind.ORDER_PLACED:
            remaining, reason_if_empty = [], Reason.ORDER_PLACED
            over_until = one.at + rules.order_grace
        elif over_until is not None and one.at <= over_until:
            continue
        elif one.empties_cart:
            had_cart = any(other.kind in CART_KINDS for other in remaining)
            reason_if_empty = Reason.CART_EMPTIED if had_cart else reason_if_empty
            remaining = [other for other in remaining if other.kind not in CART_KINDS]
        elif one.kind in rules.planned_kinds:
            remaining.append(one)
    by_rank = sorted(remaining, key=lambda one: (one.intent, one.at, one.event_id))
    return by_rank[-1] if by_rank else reason_if_empty


def _replay_order(one: JourneyEvent) -> tuple[object, int]:
    """At one instant an order comes last, an emptied cart before it."""
    return (one.at, 2 if one.kind == EventKind.ORDER_PLACED else int(one.empties_cart))


@settings(max_examples=100, deadline=None)
@given(buffers, graces)
@example([ordered(0), event(EventKind.CART_UPDATE, 2)], timedelta(seconds=2))
@example([ordered(0), event(EventKind.CART_UPDATE, 3)], timedelta(seconds=2))
@example([ordered(0), event(EventKind.CART_UPDATE, 3), emptied(2)], timedelta(seconds=2))
def test_buffer_settles_as_the_replay_of_its_events_does(
    events: list[JourneyEvent], grace: timedelta
) -> None:
    rules = policy(planned_kinds=EVERYTHING, order_grace=grace)
    expected = replay(events, rules)
    result = settle(events, LONG_AFTER, BUFFER, rules)
    if isinstance(expected, Reason):
        assert isinstance(result, Ending)
        assert (result.outcome, result.reason) == (Outcome.EXITED, expected)
        assert result.next_events == ()
    else:
        assert result == Settled(expected, max(one.at for one in events))


@settings(max_examples=200, deadline=None)
@given(buffers, policies())
def test_buffer_of_any_store_has_the_trigger_of_the_replay(
    events: list[JourneyEvent], rules: JourneyPolicy
) -> None:
    expected, result = replay(events, rules), settle(events, LONG_AFTER, BUFFER, rules)
    if isinstance(expected, Reason):
        assert isinstance(result, Ending)
        nothing_planned = not any(one.takes_back for one in events)
        assert result.reason is (Reason.NO_PLAN if nothing_planned else expected)
    else:
        counted = [one.at for one in events if shows_activity(one, rules)]
        assert result == Settled(expected, max(counted))


def shows_activity(one: JourneyEvent, rules: JourneyPolicy) -> bool:
    """An independent reading: what the store plans, orders, emptied carts, and other browsing."""
    if one.kind in {*rules.planned_kinds, EventKind.ORDER_PLACED} or one.empties_cart:
        return True
    return one.kind in set(EventKind) and rules.unplanned_events is not Unplanned.IGNORE


@settings(max_examples=200, deadline=None)
@given(buffers, policies())
def test_journey_is_neither_ended_nor_moved_by_the_buffer_that_led_to_it(
    events: list[JourneyEvent], rules: JourneyPolicy
) -> None:
    result = settle(events, LONG_AFTER, BUFFER, rules)
    if isinstance(result, Settled):
        subject = JourneySubject(result.trigger, result.left_at, rules)
        assert review(subject, events) is None


@settings(max_examples=100, deadline=None)
@given(
    buffers.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))), policies()
)
def test_order_of_arrival_and_duplicates_change_nothing(
    both: tuple[list[JourneyEvent], list[JourneyEvent]], rules: JourneyPolicy
) -> None:
    events, shuffled = both
    again = shuffled + events[:2]
    assert settle(again, LONG_AFTER, BUFFER, rules) == settle(events, LONG_AFTER, BUFFER, rules)


@settings(max_examples=100, deadline=None)
@given(buffers, st.integers(0, 30 * 60 * 1000), st.integers(0, 15 * 60))
def test_buffer_waits_until_it_has_passed_since_the_newest_event(
    events: list[JourneyEvent], later_ms: int, buffer_seconds: int
) -> None:
    buffer = timedelta(seconds=buffer_seconds)
    end = max(one.at for one in events) + buffer
    now = at(0) + timedelta(milliseconds=later_ms)
    result = settle(events, now, buffer, policy(planned_kinds=EVERYTHING))
    assert isinstance(result, Wait) == (now < end)
    if isinstance(result, Wait):
        assert result.until == end


def test_buffer_has_passed_at_the_instant_of_its_end() -> None:
    view = event(EventKind.PRODUCT_VIEW, 0)
    assert isinstance(settle([view], at(0) + BUFFER, BUFFER, policy()), Settled)


def test_highest_intent_wins_and_left_at_is_the_newest_timestamp_of_any_event() -> None:
    cart, view = event(EventKind.CART_UPDATE, 0), event(EventKind.PRODUCT_VIEW, 60)
    assert settle([view, cart], LONG_AFTER, BUFFER, policy()) == Settled(cart, view.at)


def test_latest_event_of_a_kind_is_the_trigger() -> None:
    first, second = event(EventKind.CART_UPDATE, 0), event(EventKind.CART_UPDATE, 5)
    assert settle([second, first], LONG_AFTER, BUFFER, policy()) == Settled(second, second.at)


def test_emptied_cart_removes_the_checkout_and_keeps_the_product_view() -> None:
    view = event(EventKind.PRODUCT_VIEW, 0)
    events = [view, event(EventKind.CHECKOUT_INITIATED, 1), emptied(2)]
    assert settle(events, LONG_AFTER, BUFFER, policy()) == Settled(view, at(2))


def test_cart_filled_again_after_it_was_emptied_is_the_trigger() -> None:
    again = event(EventKind.CART_UPDATE, 3)
    assert settle([again, emptied(2)], LONG_AFTER, BUFFER, policy()) == Settled(again, at(3))


def test_event_after_an_order_is_the_trigger() -> None:
    view = event(EventKind.PRODUCT_VIEW, 2)
    events = [event(EventKind.CHECKOUT_INITIATED, 0), ordered(1), view]
    assert settle(events, LONG_AFTER, BUFFER, policy()) == Settled(view, at(2))


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
    ending = settle(events, LONG_AFTER, BUFFER, policy())
    assert isinstance(ending, Ending)
    assert ending.reason is reason
    assert ending.evidence["event_id"] == evidence


@settings(max_examples=50, deadline=None)
@given(journey_events(earliest=0, latest=0), st.integers(0, 9))
def test_order_at_the_same_instant_ends_the_journey_at_any_intent(
    other: JourneyEvent, intent: int
) -> None:
    ranked = other.model_copy(update={"intent": intent, "event_id": "~last"})
    ending = settle([ordered(0), ranked], LONG_AFTER, BUFFER, policy(planned_kinds=EVERYTHING))
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.ORDER_PLACED


@settings(max_examples=200, deadline=None)
@given(buffers, st.sampled_from([at(0), at(3), LONG_AFTER]), policies())
def test_latest_events_per_kind_decide_as_all_events_do(
    events: list[JourneyEvent], now: datetime, rules: JourneyPolicy
) -> None:
    kept = latest_per_kind(events)

    assert settle(kept, now, BUFFER, rules) == settle(events, now, BUFFER, rules)
    assert len({(one.kind, one.empties_cart) for one in kept}) == len(kept)


# An order, and what its store plans


@pytest.mark.parametrize(
    "events",
    [
        [event(EventKind.CART_UPDATE, 8), ordered(0)],  # stamped by a clock that is 8 s ahead
        [event(EventKind.CHECKOUT_INITIATED, 0), ordered(60), event(EventKind.CART_UPDATE, 60.005)],
        [ordered(0), event(EventKind.CART_UPDATE, GRACE.total_seconds())],
        [ordered(0), event(EventKind.CART_UPDATE, 300), emptied(301)],
    ],
)
def test_order_takes_back_what_is_stamped_within_its_grace(events: list[JourneyEvent]) -> None:
    ending = settle(events, LONG_AFTER, BUFFER, policy(order_grace=GRACE))
    assert isinstance(ending, Ending)
    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert ending.evidence["event_name"] == EventKind.ORDER_PLACED


def test_cart_filled_later_than_the_grace_of_an_order_is_new() -> None:
    synced, again = event(EventKind.CART_UPDATE, 5), event(EventKind.CART_UPDATE, 600.001)
    settled = settle([ordered(0), synced, again], LONG_AFTER, BUFFER, policy(order_grace=GRACE))
    assert settled == Settled(again, again.at)


def test_trigger_is_chosen_from_what_an_order_leaves() -> None:
    synced, view = event(EventKind.CART_UPDATE, 5), event(EventKind.PRODUCT_VIEW, 660)
    settled = settle([view, synced, ordered(0)], LONG_AFTER, BUFFER, policy(order_grace=GRACE))
    assert settled == Settled(view, view.at)


def test_kind_without_a_plan_is_no_trigger_but_shows_when_the_customer_left() -> None:
    cart, checkout = event(EventKind.CART_UPDATE, 0), event(EventKind.CHECKOUT_INITIATED, 60)
    assert settle([cart, checkout], LONG_AFTER, BUFFER, ONLY_CARTS) == Settled(cart, checkout.at)


@pytest.mark.parametrize(
    "ignored", [event(EventKind.PRODUCT_VIEW, 60), event(CUSTOM, 60)], ids=["browsing", "custom"]
)
def test_event_that_the_store_ignores_does_not_count_as_activity(ignored: JourneyEvent) -> None:
    rules = ONLY_CARTS.model_copy(update={"unplanned_events": Unplanned.IGNORE})
    cart = event(EventKind.CART_UPDATE, 0)
    assert settle([cart, ignored], at(0) + BUFFER, BUFFER, rules) == Settled(cart, cart.at)


def test_buffer_waits_for_an_event_without_a_plan_that_shows_activity() -> None:
    cart, view = event(EventKind.CART_UPDATE, 0), event(EventKind.PRODUCT_VIEW, 60)
    assert settle([cart, view], at(0) + BUFFER, BUFFER, ONLY_CARTS) == Wait(view.at + BUFFER)


@pytest.mark.parametrize("rules", [ONLY_CARTS, policy(planned_kinds=())])
def test_buffer_without_any_event_that_has_a_plan_is_skipped(rules: JourneyPolicy) -> None:
    events = [event(EventKind.PRODUCT_VIEW, 0), event(CUSTOM, 5)]
    ending = settle(events, LONG_AFTER, BUFFER, rules)
    assert ending == Ending(outcome=Outcome.SKIPPED, reason=Reason.NO_PLAN)


def test_buffer_of_ignored_events_alone_ends_after_the_newest() -> None:
    custom = [event(CUSTOM, 0), event(CUSTOM, 5)]
    assert settle(custom, at(5), BUFFER, policy()) == Wait(at(5) + BUFFER)


def test_emptied_cart_is_named_if_only_kinds_without_a_plan_are_left() -> None:
    view = event(EventKind.PRODUCT_VIEW, 0)
    events = [view, event(EventKind.CART_UPDATE, 1), emptied(2)]
    ending = settle(events, LONG_AFTER, BUFFER, ONLY_CARTS)
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.CART_EMPTIED
    assert ending.evidence["event_id"] == "emptied@2"
