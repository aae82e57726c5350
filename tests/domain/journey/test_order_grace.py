"""An order takes back what is stamped up to its grace after it, wherever it is told."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.journey import closing
from domain.journey.buffer import Settled, settle
from domain.journey.later_events import JourneySubject, review, review_found
from domain.journey.outcomes import Ending, Reason
from domain.journey.pending import process_pending
from domain.journey.policy import JourneyPolicy
from domain.journey.rules import LaterEvents
from tests.domain.builders import (
    BUFFER,
    GRACE,
    NOON,
    at,
    event,
    journey_events,
    ordered,
    policies,
    policy,
    step,
)
from tests.domain.journey.builders import (
    exited,
    pushed,
    pushed_or_found,
    subject_about,
    subjects,
    waiting,
)


@settings(max_examples=300, deadline=None)
@given(journey_events(), st.integers(-8, 8), policies(planned=EventKind.CART_UPDATE))
def test_order_stops_a_journey_exactly_if_it_takes_back_the_trigger_in_a_buffer(
    one: JourneyEvent, ordered_at: int, rules: JourneyPolicy
) -> None:
    trigger = one.model_copy(update={"kind": EventKind.CART_UPDATE.value, "empties_cart": False})
    subject, order = JourneySubject(trigger, trigger.at, rules), ordered(ordered_at)

    in_buffer = settle([trigger, order], at(86_400), timedelta(0), rules)

    remains = isinstance(in_buffer, Settled)
    assert (review(subject, [order]) is None) is remains
    assert (review_found(subject, [order]) is None) is remains


@settings(max_examples=100, deadline=None)
@given(subjects, pushed, st.integers(-5, 5))
def test_next_journey_begins_only_with_what_an_order_leaves(
    subject: JourneySubject, events: list[JourneyEvent], ordered_at: int
) -> None:
    order = ordered(ordered_at)
    decision = review(subject, [*events, order])
    if order.at >= subject.orders_since:
        following = exited(decision).next_events
        assert all(one.at > order.at + subject.policy.order_grace for one in following)


@pushed_or_found
@pytest.mark.parametrize(
    ("placed", "ends"), [(-60 - 600.001, False), (-60 - 600, True), (-68, True), (-60, True)]
)
def test_order_from_its_grace_before_the_trigger_on_ends_the_journey(
    decide: LaterEvents, placed: float, *, ends: bool
) -> None:
    subject = subject_about(EventKind.CART_UPDATE, order_grace=GRACE)
    decision = decide(subject, [ordered(placed)])
    assert (decision is not None) is ends
    if ends:
        assert exited(decision).reason is Reason.ORDER_PLACED


def test_cart_synced_after_an_order_begins_no_journey_but_a_later_one_does() -> None:
    subject = subject_about(EventKind.CHECKOUT_INITIATED, order_grace=GRACE)
    synced, again = event(EventKind.CART_UPDATE, 10.005), event(EventKind.CART_UPDATE, 611)
    assert exited(review(subject, [ordered(10), synced])).next_events == ()
    assert exited(review(subject, [again, synced, ordered(10)])).next_events == (again,)


def test_cart_stamped_ahead_of_the_order_leads_to_no_message() -> None:
    """The shop's clock is 8 s ahead where carts are written, and right where orders are."""
    cart, order = event(EventKind.CART_UPDATE, 8), ordered(5)
    in_buffer = settle([cart, order], at(3600), BUFFER, policy(order_grace=GRACE))
    assert isinstance(in_buffer, Ending)
    assert in_buffer.reason is Reason.ORDER_PLACED
    subject = JourneySubject(cart, cart.at, policy(order_grace=GRACE))
    assert exited(review(subject, [order])).reason is Reason.ORDER_PLACED


def test_order_and_the_cart_synced_after_it_end_a_waiting_journey_for_good() -> None:
    state = waiting(step("1h"), order_grace="10m")
    for one in (ordered(60), event(EventKind.CART_UPDATE, 60.005)):
        state.receive(one)
    decision = process_pending(state, NOON)
    assert exited(decision).reason is Reason.ORDER_PLACED
    state.end(exited(decision), NOON)
    assert closing.next_events(state) == []
