"""Later events postpone a journey, but never for long: every journey ends."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.journey.activity_results import (
    DeliverResult,
    ExitCheckResult,
    LoadedPlan,
    SendResult,
    SendStatus,
)
from domain.journey.buffer import Settled
from domain.journey.delivery import apply_delivery
from domain.journey.later_events import JourneySubject, Postpone, review, review_found
from domain.journey.outcomes import Ending
from domain.journey.pending import process_pending
from domain.journey.plan import Departure, make_plan
from domain.journey.policy import JourneyPolicy, policy_of
from domain.journey.requests import postponed_plan_request
from domain.journey.rules import LaterEvents
from domain.journey.state import JourneyState
from domain.stores.config import LowerIntent, StoreConfig, Unplanned
from tests.domain.builders import (
    BUFFER,
    NOON,
    PLANNED_KINDS,
    at,
    config,
    event,
    journey_events,
    policies,
    step,
)
from tests.domain.journey.builders import (
    current_step,
    only_carts,
    pushed,
    pushed_or_found,
    subjects,
)


def about_checkout(rules: JourneyPolicy) -> JourneySubject:
    """A customer whom nothing of lower intent brings back: it only postpones."""
    postponing = {
        "lower_intent_events": LowerIntent.POSTPONE,
        "unplanned_events": Unplanned.POSTPONE,
    }
    trigger = event(EventKind.CHECKOUT_INITIATED, -3, "trigger")
    return JourneySubject(trigger, at(0), rules.model_copy(update=postponing))


browsing = st.lists(
    journey_events().filter(lambda one: one.kind in {"collection_view", "product_view"}),
    max_size=6,
)
postponed_ones = st.one_of(
    st.tuples(subjects, pushed),
    st.tuples(st.builds(about_checkout, policies(planned="checkout_initiated")), browsing),
)


@settings(max_examples=300, deadline=None)
@given(postponed_ones)
def test_postponed_journey_is_not_moved_again_by_the_same_events(
    both: tuple[JourneySubject, list[JourneyEvent]],
) -> None:
    subject, events = both
    for decide in (review, review_found):
        decision = decide(subject, events)
        if isinstance(decision, Postpone):
            assert decision.event in events
            assert subject.left_at < decision.left_at == decision.event.at
            moved = replace(subject, left_at=decision.left_at)
            assert decide(moved, events) is None


@settings(max_examples=300, deadline=None)
@given(postponed_ones)
def test_no_event_postpones_from_the_longest_age_after_the_trigger_on(
    both: tuple[JourneySubject, list[JourneyEvent]],
) -> None:
    subject, events = both
    until = subject.trigger.at + subject.policy.max_event_age
    too_late = [one for one in events if one.at >= until]
    for decide in (review, review_found):
        decision = decide(subject, events)
        if isinstance(decision, Postpone):
            assert decision.left_at < until
        assert not isinstance(decide(subject, too_late), Postpone)


@pushed_or_found
@pytest.mark.parametrize(("after", "postpones"), [(86_399, True), (86_400, False)])
def test_customer_who_browses_for_ever_postpones_for_a_day(
    decide: LaterEvents, after: int, *, postpones: bool
) -> None:
    view = event(EventKind.PRODUCT_VIEW, -60 + after)
    assert (decide(only_carts(), [view]) is not None) is postpones


@pushed_or_found
def test_postponing_event_is_the_newest_that_is_not_too_late(decide: LaterEvents) -> None:
    in_time, too_late = event(EventKind.PRODUCT_VIEW, 10), event(EventKind.PRODUCT_VIEW, 90_000)
    assert decide(only_carts(), [too_late, in_time]) == Postpone(in_time.at, in_time)


# A whole journey

stores = st.builds(
    lambda planned, lower, unplanned, age: config(
        plans={kind: [step("2s"), step("6s")] for kind in {*planned, "cart_update"}},
        lower_intent_events=lower,
        unplanned_events=unplanned,
        max_event_age=f"{age}s",
        order_grace="0s",
    ),
    st.sets(st.sampled_from(PLANNED_KINDS)),
    st.sampled_from([LowerIntent.POSTPONE, LowerIntent.IGNORE]),
    st.sampled_from([Unplanned.POSTPONE, Unplanned.IGNORE]),
    st.integers(0, 12),
)
ways = st.sampled_from(["pushed", "found", "overtaken"])
views = st.lists(
    journey_events(latest=15).filter(lambda one: one.kind in {"collection_view", "product_view"}),
    max_size=3,
)
batches = st.lists(
    st.tuples(ways, st.one_of(views, views, st.lists(journey_events(latest=15), max_size=3))),
    max_size=6,
)


def load(store: StoreConfig, state: JourneyState) -> LoadedPlan:
    """The plan as it is loaded when later events have moved `left_at`."""
    request = postponed_plan_request(state)
    departure = Departure(request.left_at, request.first_left_at, request.trigger.at)
    plan = make_plan(store, request.trigger.kind, departure, None)
    return LoadedPlan(plan=plan, policy=policy_of(store))


def begin(store: StoreConfig, trigger_at: int) -> JourneyState:
    """A journey about a cart, whose customer left at 0."""
    state = JourneyState(store_id="denim", customer_id="c1", buffer=BUFFER)
    state.begin(Settled(event(EventKind.CART_UPDATE, trigger_at, "trigger"), at(0)), NOON)
    assert state.follow(load(store, state), NOON) is None
    return state


def decide_on(
    state: JourneyState, way: str, events: Sequence[JourneyEvent]
) -> Ending | Postpone | None:
    """What these events do to the journey when they come that way."""
    if way == "pushed":
        for one in events:
            state.receive(one)
        return process_pending(state, NOON)
    found = ExitCheckResult(events=list(events), asked_at=NOON) if way == "found" else None
    accepted = SendResult(status=SendStatus.OVERTAKEN, events=tuple(events))
    result = DeliverResult(check=found, send=None if found else accepted)
    return apply_delivery(state, current_step(state), result, NOON)


@settings(max_examples=300, deadline=None)
@given(stores, st.integers(-8, 0), batches)
def test_no_sequence_of_events_moves_a_message_beyond_the_longest_age_after_the_trigger(
    store: StoreConfig, trigger_at: int, sequence: list[tuple[str, list[JourneyEvent]]]
) -> None:
    state = begin(store, trigger_at)
    until = at(trigger_at) + store.max_event_age
    first = wanted = [each.wanted_at for each in state.progress.plan.steps]
    for way, events in sequence:
        left_at, decision = state.left_at, decide_on(state, way, events)
        if isinstance(decision, Ending):
            break
        if decision is not None:
            state.postpone(decision, NOON)
            assert left_at is not None
            assert left_at < decision.left_at < until
            assert state.follow(load(store, state), NOON) is None
        before, wanted = wanted, [each.wanted_at for each in state.progress.plan.steps]
        latest = [max(each, until) for each in first]
        assert all(a <= b <= c for a, b, c in zip(before, wanted, latest, strict=True))
