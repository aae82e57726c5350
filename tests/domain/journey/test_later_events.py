"""What a later event does to a waiting journey, pushed or found."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import CART_KINDS, ORDER_CANCELLED, ORDER_REFUNDED, EventKind
from domain.journey.later_events import JourneySubject, Postpone, review, review_found
from domain.journey.outcomes import Ending, Reason
from domain.stores.config import LowerIntent
from tests.domain.builders import CUSTOM, at, emptied, event, journey_events, ordered
from tests.domain.journey.builders import exited, pushed, subject_about, subjects

later_ones = st.lists(journey_events(earliest=1), min_size=1, max_size=6)
earlier_ones = st.lists(
    journey_events(latest=0).filter(lambda event: event.kind != EventKind.ORDER_PLACED), max_size=6
)
about_carts = subjects.filter(lambda subject: subject.trigger.kind in CART_KINDS)
without_orders = later_ones.map(
    lambda later: [event for event in later if event.kind != EventKind.ORDER_PLACED]
)


@settings(max_examples=100, deadline=None)
@given(subjects, earlier_ones)
def test_events_up_to_left_at_decide_nothing(
    subject: JourneySubject, events: list[JourneyEvent]
) -> None:
    assert review(subject, events) is None
    assert review_found(subject, events) is None


@settings(max_examples=100, deadline=None)
@given(subjects, later_ones, earlier_ones)
def test_earlier_events_do_not_change_the_decision(
    subject: JourneySubject, later: list[JourneyEvent], earlier: list[JourneyEvent]
) -> None:
    assert review(subject, [*earlier, *later]) == review(subject, later)


@settings(max_examples=100, deadline=None)
@given(subjects, later_ones, st.integers(1, 5))
def test_order_takes_precedence_over_every_other_event(
    subject: JourneySubject, later: list[JourneyEvent], when: int
) -> None:
    events = [*later, ordered(when)]
    assert exited(review(subject, events)).reason is Reason.ORDER_PLACED
    assert exited(review_found(subject, events)).reason is Reason.ORDER_PLACED


@settings(max_examples=100, deadline=None)
@given(about_carts, without_orders, st.integers(1, 5))
def test_emptied_cart_ends_a_journey_about_a_cart(
    subject: JourneySubject, later: list[JourneyEvent], when: int
) -> None:
    decision = exited(review(subject, [*later, emptied(when)]))
    assert decision.reason is Reason.CART_EMPTIED


@settings(max_examples=200, deadline=None)
@given(subjects, pushed)
def test_found_events_of_known_kinds_decide_the_same_without_a_next_journey(
    subject: JourneySubject, events: list[JourneyEvent]
) -> None:
    known = [one for one in events if one.kind != CUSTOM or subject.policy.is_planned(one)]
    decision, found = review(subject, known), review_found(subject, known)
    if not isinstance(decision, Ending):
        assert found == decision
        return
    ending = exited(found)
    superseded = decision.reason is Reason.SUPERSEDED
    assert ending.reason is (Reason.CONSECUTIVE_EVENT if superseded else decision.reason)
    assert ending.next_events == ()
    assert ending.evidence == decision.evidence


@settings(max_examples=100, deadline=None)
@given(subjects, pushed)
def test_next_journey_begins_only_with_later_events(
    subject: JourneySubject, events: list[JourneyEvent]
) -> None:
    decision = review(subject, events)
    following = decision.next_events if isinstance(decision, Ending) else ()
    assert all(one in events and one.at > subject.left_at for one in following)
    assert all(one.kind != EventKind.ORDER_PLACED for one in following)


@settings(max_examples=100, deadline=None)
@given(subjects, pushed.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_order_of_arrival_decides_nothing(
    subject: JourneySubject, both: tuple[list[JourneyEvent], list[JourneyEvent]]
) -> None:
    events, shuffled = both
    assert _comparable(review(subject, shuffled)) == _comparable(review(subject, events))


def _comparable(decision: Ending | Postpone | None) -> object:
    if isinstance(decision, Ending):
        return (decision.reason, decision.evidence, {one.event_id for one in decision.next_events})
    return decision


@pytest.mark.parametrize("kind", [EventKind.CART_UPDATE, EventKind.CHECKOUT_INITIATED])
def test_same_or_higher_intent_supersedes_and_begins_the_next_journey(
    kind: EventKind,
) -> None:
    newer = event(kind, 10)
    subject = subject_about(EventKind.CART_UPDATE, lower_intent_events=LowerIntent.IGNORE)
    decision = exited(review(subject, [newer]))
    assert decision.reason is Reason.SUPERSEDED
    assert decision.next_events == (newer,)
    assert decision.evidence["event_id"] == newer.event_id


def test_lower_intent_exits_by_default_and_is_the_next_trigger() -> None:
    view = event(EventKind.PRODUCT_VIEW, 10)
    decision = exited(review(subject_about(EventKind.CART_UPDATE), [view]))
    assert decision.reason is Reason.CONSECUTIVE_EVENT
    assert decision.next_events == (view,)


def test_postpone_policy_counts_from_the_latest_event_of_lower_intent() -> None:
    older, newest = event(EventKind.PRODUCT_VIEW, 10), event(EventKind.COLLECTION_VIEW, 20)
    subject = subject_about(EventKind.CART_UPDATE, lower_intent_events=LowerIntent.POSTPONE)
    assert review(subject, [newest, older]) == Postpone(newest.at, newest)
    assert review_found(subject, [older, newest]) == Postpone(newest.at, newest)


def test_ignore_policy_ignores_events_of_lower_intent() -> None:
    subject = subject_about(EventKind.CART_UPDATE, lower_intent_events=LowerIntent.IGNORE)
    assert review(subject, [event(EventKind.PRODUCT_VIEW, 10)]) is None


@pytest.mark.parametrize("lower_intent", LowerIntent)
def test_emptied_cart_ends_a_journey_about_a_product_view_without_a_next_one(
    lower_intent: LowerIntent,
) -> None:
    subject = subject_about(EventKind.PRODUCT_VIEW, lower_intent_events=lower_intent)
    decision = exited(review(subject, [emptied(10)]))
    assert decision.next_events == ()


def test_events_after_an_order_begin_the_next_journey() -> None:
    view = event(EventKind.PRODUCT_VIEW, 20)
    events = [event(EventKind.CHECKOUT_INITIATED, 5), ordered(10), view]
    assert exited(review(subject_about(EventKind.CART_UPDATE), events)).next_events == (view,)


def test_trigger_delivered_again_is_no_later_event() -> None:
    again = event(EventKind.CART_UPDATE, 10, "trigger")
    assert review(subject_about(EventKind.CART_UPDATE), [again]) is None


def test_event_within_the_millisecond_of_left_at_is_not_later() -> None:
    same = JourneyEvent(
        event_id="found",
        kind=EventKind.CART_UPDATE,
        at=at(0) + timedelta(microseconds=999),
        intent=3,
    )
    assert review(subject_about(EventKind.CART_UPDATE), [same]) is None
    next_one = same.model_validate(
        same.model_dump() | {"at": (at(0) + timedelta(milliseconds=1)).isoformat()}
    )
    assert (
        exited(review(subject_about(EventKind.CART_UPDATE), [next_one])).reason is Reason.SUPERSEDED
    )


@pytest.mark.parametrize(("when", "ends"), [(-61, False), (-60, True), (-1, True), (0, True)])
def test_order_since_the_trigger_ends_the_journey(when: int, ends: bool) -> None:
    subject = subject_about(EventKind.CART_UPDATE)  # left at 0, the trigger a minute before

    decision = review(subject, [ordered(when)])

    assert (decision is not None) is ends


@settings(max_examples=200, deadline=None)
@given(subjects, pushed, st.lists(st.integers(-5, 5), max_size=3))
def test_refunds_and_cancellations_touch_no_journey(
    subject: JourneySubject, events: list[JourneyEvent], instants: list[int]
) -> None:
    about_orders = [
        event(kind, when) for kind in (ORDER_REFUNDED, ORDER_CANCELLED) for when in instants
    ]
    with_them = [*about_orders, *events]
    assert review(subject, with_them) == review(subject, events)
    assert review_found(subject, with_them) == review_found(subject, events)
