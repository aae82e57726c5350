"""What a later event does whose kind has no plan, pushed or found."""

import pytest

from domain.events.kinds import EventKind
from domain.journey.later_events import Postpone, review, review_found
from domain.journey.outcomes import Reason
from domain.journey.rules import LaterEvents
from domain.stores.config import LowerIntent, Unplanned
from tests.domain.builders import CUSTOM, at, emptied, event
from tests.domain.journey.builders import exited, only_carts, pushed_or_found, subject_about


@pushed_or_found
@pytest.mark.parametrize("kind", [EventKind.PRODUCT_VIEW, EventKind.CHECKOUT_INITIATED])
@pytest.mark.parametrize("lower_intent", LowerIntent)
def test_browsing_without_a_plan_postpones_by_default(
    decide: LaterEvents, kind: EventKind, lower_intent: LowerIntent
) -> None:
    browsing = event(kind, 10)
    subject = only_carts(lower_intent_events=lower_intent)
    assert decide(subject, [browsing]) == Postpone(browsing.at, browsing)


@pushed_or_found
@pytest.mark.parametrize("kind", [EventKind.PRODUCT_VIEW, EventKind.CHECKOUT_INITIATED])
def test_store_may_have_browsing_without_a_plan_end_its_journeys(
    decide: LaterEvents, kind: EventKind
) -> None:
    decision = decide(only_carts(unplanned_events=Unplanned.EXIT), [event(kind, 10)])
    assert exited(decision).reason is Reason.CONSECUTIVE_EVENT


@pushed_or_found
@pytest.mark.parametrize("kind", [EventKind.PRODUCT_VIEW, EventKind.CHECKOUT_INITIATED])
@pytest.mark.parametrize("lower_intent", LowerIntent)
def test_store_may_ignore_browsing_without_a_plan(
    decide: LaterEvents, kind: EventKind, lower_intent: LowerIntent
) -> None:
    subject = only_carts(lower_intent_events=lower_intent, unplanned_events=Unplanned.IGNORE)
    assert decide(subject, [event(kind, 10)]) is None


@pytest.mark.parametrize("unplanned", Unplanned)
def test_unknown_name_ends_a_journey_if_found_and_does_nothing_if_pushed(
    unplanned: Unplanned,
) -> None:
    subject = only_carts(unplanned_events=unplanned, lower_intent_events=LowerIntent.IGNORE)
    bought = event("purchase_completed", 10)
    assert exited(review_found(subject, [bought])).reason is Reason.CONSECUTIVE_EVENT
    assert review(subject, [bought]) is None


@pushed_or_found
def test_custom_kind_with_a_plan_is_of_lower_intent_found_or_pushed(decide: LaterEvents) -> None:
    planned = (EventKind.CART_UPDATE, CUSTOM)
    rules = {"planned_kinds": planned, "lower_intent_events": LowerIntent.IGNORE}
    assert decide(subject_about(EventKind.CART_UPDATE, **rules), [event(CUSTOM, 10)]) is None


def test_end_by_browsing_without_a_plan_begins_with_the_events_that_have_one() -> None:
    planned = (EventKind.CART_UPDATE, EventKind.COLLECTION_VIEW)
    subject = subject_about(
        EventKind.CART_UPDATE,
        planned_kinds=planned,
        unplanned_events=Unplanned.EXIT,
        lower_intent_events=LowerIntent.IGNORE,
    )
    events = [event(EventKind.COLLECTION_VIEW, 5), event(EventKind.PRODUCT_VIEW, 10)]
    assert exited(review(subject, events)).next_events == tuple(events)


@pushed_or_found
@pytest.mark.parametrize("unplanned", Unplanned)
def test_emptied_cart_ends_a_journey_about_a_checkout_also_without_a_plan_for_carts(
    decide: LaterEvents, unplanned: Unplanned
) -> None:
    subject = subject_about(
        EventKind.CHECKOUT_INITIATED,
        planned_kinds=(EventKind.CHECKOUT_INITIATED,),
        unplanned_events=unplanned,
    )
    assert exited(decide(subject, [emptied(10)])).reason is Reason.CART_EMPTIED


def test_emptied_cart_without_a_plan_is_browsing_for_a_journey_about_a_product() -> None:
    subject = subject_about(EventKind.PRODUCT_VIEW, planned_kinds=(EventKind.PRODUCT_VIEW,))
    assert review(subject, [emptied(10)]) == Postpone(at(10), emptied(10))


def test_emptied_cart_supersedes_nothing_if_only_kinds_without_a_plan_are_left() -> None:
    planned = (EventKind.CART_UPDATE, EventKind.PRODUCT_VIEW)
    subject = subject_about(EventKind.PRODUCT_VIEW, planned_kinds=planned)
    decision = exited(review(subject, [emptied(10), event(EventKind.COLLECTION_VIEW, 20)]))
    assert (decision.reason, decision.next_events) == (Reason.CART_EMPTIED, ())
