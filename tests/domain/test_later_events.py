from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import JourneyEvent
from domain.kinds import CART_KINDS, Kind
from domain.later_events import About, Postpone, review, review_found
from domain.outcomes import Ending, Outcome, Reason
from domain.stores import LowerIntent
from tests.domain.making import CUSTOM, at, emptied, event, journey_events, ordered


def about(kind: str, policy: LowerIntent = LowerIntent.EXIT) -> About:
    return About(event(kind, -60, "trigger"), at(0), policy)


_TRIGGERS = st.sampled_from([*(kind for kind in Kind if kind != Kind.ORDER_PLACED), CUSTOM])
subjects = st.builds(about, _TRIGGERS, st.sampled_from(LowerIntent))
pushed = st.lists(journey_events(), max_size=6)
later_ones = st.lists(journey_events(earliest=1), min_size=1, max_size=6)


def exited(verdict: Ending | Postpone | None) -> Ending:
    assert isinstance(verdict, Ending)
    assert verdict.outcome is Outcome.EXITED
    return verdict


earlier_ones = st.lists(
    journey_events(latest=0).filter(lambda event: event.kind != Kind.ORDER_PLACED), max_size=6
)
about_carts = subjects.filter(lambda subject: subject.trigger.kind in CART_KINDS)
without_orders = later_ones.map(
    lambda later: [event for event in later if event.kind != Kind.ORDER_PLACED]
)


@settings(max_examples=100, deadline=None)
@given(subjects, earlier_ones)
def test_nothing_up_to_left_at_counts(subject: About, events: list[JourneyEvent]) -> None:
    assert review(subject, events) is None
    assert review_found(subject, events) is None


@settings(max_examples=100, deadline=None)
@given(subjects, later_ones, earlier_ones)
def test_what_happened_before_left_at_changes_no_verdict(
    subject: About, later: list[JourneyEvent], earlier: list[JourneyEvent]
) -> None:
    assert review(subject, [*earlier, *later]) == review(subject, later)


@settings(max_examples=100, deadline=None)
@given(subjects, later_ones, st.integers(1, 5))
def test_order_beats_everything(subject: About, later: list[JourneyEvent], when: int) -> None:
    events = [*later, ordered(when)]
    assert exited(review(subject, events)).reason is Reason.ORDER_PLACED
    assert exited(review_found(subject, events)).reason is Reason.ORDER_PLACED


@settings(max_examples=100, deadline=None)
@given(about_carts, without_orders, st.integers(1, 5))
def test_emptied_cart_ends_journeys_about_a_cart_whatever_else_came(
    subject: About, later: list[JourneyEvent], when: int
) -> None:
    verdict = exited(review(subject, [*later, emptied(when)]))
    assert verdict.reason is Reason.CART_EMPTIED


@settings(max_examples=100, deadline=None)
@given(subjects, pushed)
def test_found_events_lead_to_the_same_but_never_to_another_journey(
    subject: About, events: list[JourneyEvent]
) -> None:
    verdict, found = review(subject, events), review_found(subject, events)
    if not isinstance(verdict, Ending):
        assert found == verdict
        return
    ending = exited(found)
    superseded = verdict.reason is Reason.SUPERSEDED
    assert ending.reason is (Reason.CONSECUTIVE_EVENT if superseded else verdict.reason)
    assert ending.next_events == ()
    assert ending.evidence == verdict.evidence


@settings(max_examples=100, deadline=None)
@given(subjects, pushed)
def test_next_journey_begins_only_with_events_that_are_later(
    subject: About, events: list[JourneyEvent]
) -> None:
    verdict = review(subject, events)
    following = verdict.next_events if isinstance(verdict, Ending) else ()
    assert all(one in events and one.at > subject.left_at for one in following)
    assert all(one.kind != Kind.ORDER_PLACED for one in following if isinstance(verdict, Ending))


@settings(max_examples=100, deadline=None)
@given(subjects, pushed.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_order_of_arrival_decides_nothing(
    subject: About, both: tuple[list[JourneyEvent], list[JourneyEvent]]
) -> None:
    verdicts = [review(subject, events) for events in both]
    assert [_gist(one) for one in verdicts[:1]] == [_gist(one) for one in verdicts[1:]]


def _gist(verdict: Ending | Postpone | None) -> object:
    if isinstance(verdict, Ending):
        return (verdict.reason, verdict.evidence, {one.event_id for one in verdict.next_events})
    return verdict


@pytest.mark.parametrize("kind", [Kind.CART_UPDATE, Kind.CHECKOUT_INITIATED])
def test_same_or_higher_intent_supersedes_and_is_what_the_next_journey_is_about(
    kind: Kind,
) -> None:
    newer = event(kind, 10)
    verdict = exited(review(about(Kind.CART_UPDATE, LowerIntent.IGNORE), [newer]))
    assert verdict.reason is Reason.SUPERSEDED
    assert verdict.next_events == (newer,)
    assert verdict.evidence["event_id"] == newer.event_id


def test_lower_intent_exits_by_default_and_is_the_next_trigger() -> None:
    view = event(Kind.PRODUCT_VIEW, 10)
    verdict = exited(review(about(Kind.CART_UPDATE), [view]))
    assert verdict.reason is Reason.CONSECUTIVE_EVENT
    assert verdict.next_events == (view,)


def test_lower_intent_may_postpone_to_the_latest_of_them() -> None:
    older, newest = event(Kind.PRODUCT_VIEW, 10), event(Kind.COLLECTION_VIEW, 20)
    subject = about(Kind.CART_UPDATE, LowerIntent.POSTPONE)
    assert review(subject, [newest, older]) == Postpone(newest.at, newest)
    assert review_found(subject, [older, newest]) == Postpone(newest.at, newest)


def test_lower_intent_may_be_ignored() -> None:
    subject = about(Kind.CART_UPDATE, LowerIntent.IGNORE)
    assert review(subject, [event(Kind.PRODUCT_VIEW, 10)]) is None


@pytest.mark.parametrize("policy", LowerIntent)
def test_emptied_cart_does_not_take_back_a_product_that_was_looked_at_but_it_is_the_end(
    policy: LowerIntent,
) -> None:
    verdict = exited(review(about(Kind.PRODUCT_VIEW, policy), [emptied(10)]))
    assert verdict.next_events == ()


def test_order_keeps_what_the_customer_did_after_it_for_the_next_journey() -> None:
    view = event(Kind.PRODUCT_VIEW, 20)
    events = [event(Kind.CHECKOUT_INITIATED, 5), ordered(10), view]
    assert exited(review(about(Kind.CART_UPDATE), events)).next_events == (view,)


def test_trigger_delivered_again_is_no_later_event() -> None:
    again = event(Kind.CART_UPDATE, 10, "trigger")
    assert review(about(Kind.CART_UPDATE), [again]) is None


def test_more_digits_of_the_same_millisecond_are_not_later() -> None:
    same = JourneyEvent(
        event_id="found", kind=Kind.CART_UPDATE, at=at(0) + timedelta(microseconds=999), intent=3
    )
    assert review(about(Kind.CART_UPDATE), [same]) is None
    next_one = same.model_validate(
        same.model_dump() | {"at": (at(0) + timedelta(milliseconds=1)).isoformat()}
    )
    assert exited(review(about(Kind.CART_UPDATE), [next_one])).reason is Reason.SUPERSEDED


@pytest.mark.parametrize(("when", "ends"), [(-61, False), (-60, True), (-1, True), (0, True)])
def test_an_order_counts_from_the_trigger_on_however_late_it_is_reported(
    when: int, ends: bool
) -> None:
    subject = about(Kind.CART_UPDATE)  # left at 0, the trigger a minute before

    verdict = review(subject, [ordered(when)])

    assert (verdict is not None) is ends
