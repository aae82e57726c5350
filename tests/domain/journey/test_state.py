from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import OPERATOR_EXIT, OPT_OUT, EventKind
from domain.journey import closing, delivery
from domain.journey.activity_results import LoadedPlan
from domain.journey.delivery import apply_send_result, plan_done
from domain.journey.later_events import JourneySubject, Postpone
from domain.journey.outcomes import Ending, Held, Outcome, Reason, Stage
from domain.journey.policy import JourneyPolicy
from domain.journey.state import MAX_SEEN, JourneyState
from domain.stores.config import Unplanned
from tests.domain.builders import NOON, at, emptied, event, journey_events, ordered, policies, step
from tests.domain.journey.builders import (
    CART,
    SENT,
    SMS,
    buffering,
    current_step,
    failure,
    loaded,
    refused,
    waiting,
)

STEPS = [step("1h", body=["{{ customer.name }}"]), step("24h", body={"a": "b"})]
NIGHT = {"start": "21:00", "end": "09:00"}
PAUSED = Held(reason=Reason.STORE_PAUSED, because="paused by Ann", since=NOON)
VIEW = event(EventKind.PRODUCT_VIEW, 5)
NO_PLANS: dict[str, tuple[str, ...]] = {"planned_kinds": ()}


def test_event_received_twice_is_pending_once() -> None:
    state = buffering()
    for _ in range(2):
        state.receive(CART)
    assert state.pending == [CART]
    assert state.take_pending() == [CART]
    state.receive(CART)
    assert state.pending == []


def test_exit_requested_twice_is_received_once() -> None:
    state, exit_event = waiting(*STEPS), event(OPERATOR_EXIT, 20)
    state.request_exit(exit_event)
    state.exit = None
    state.request_exit(exit_event)
    assert state.exit is None


def test_failure_reported_twice_is_received_once() -> None:
    state = waiting(*STEPS)
    for _ in range(2):
        state.receive_failure(failure(Reason.UNREACHABLE))
    assert state.failures == [failure(Reason.UNREACHABLE)]


def test_failure_of_another_journeys_message_is_dropped() -> None:
    state, own = waiting(*STEPS), failure(Reason.UNREACHABLE)
    state.receive_failure(own.model_copy(update={"trigger_event_id": "earlier"}))
    state.receive_failure(own)
    assert state.take_failures() == [own]
    assert not state.has_pending()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 900), max_size=100))
def test_seen_event_ids_are_bounded(numbers: list[int]) -> None:
    state = buffering()
    for number in [*range(MAX_SEEN), *numbers]:
        state.receive(event(EventKind.PRODUCT_VIEW, number))
    assert len(state.seen) <= MAX_SEEN
    latest = [f"{EventKind.PRODUCT_VIEW}@{number}" for number in numbers[-1:]]
    assert set(latest) <= set(state.seen)


def test_stage_goes_from_buffering_over_waiting_to_closed() -> None:
    closed = waiting(*STEPS)
    closed.end(plan_done(closed.progress), NOON)
    stages = [state.stage for state in (buffering(), waiting(*STEPS), closed)]
    assert stages == [Stage.BUFFERING, Stage.WAITING, Stage.CLOSED]


def test_journey_that_waits_for_its_store_is_held_until_it_closes() -> None:
    state = waiting(*STEPS)
    state.held = Held(reason=Reason.STORE_PAUSED, because="holiday", template=None, since=NOON)
    stages = [state.stage]
    state.end(plan_done(state.progress), NOON)
    assert [*stages, state.stage] == [Stage.HELD, Stage.CLOSED]


def test_buffering_journey_has_no_subject() -> None:
    with pytest.raises(ValueError, match="buffering"):
        buffering().subject()


def test_likely_trigger_has_the_highest_intent_and_is_no_order() -> None:
    state = buffering()
    assert state.likely_trigger() is None
    state.receive(ordered(0))
    assert state.likely_trigger() == ordered(0)
    view = event(EventKind.PRODUCT_VIEW, 2)
    for one in (CART, view):
        state.receive(one)
    assert state.likely_trigger() == CART


def test_likely_trigger_of_a_waiting_journey_is_its_trigger() -> None:
    state = waiting(*STEPS)
    state.receive(event(EventKind.CHECKOUT_INITIATED, 10))
    assert state.likely_trigger() == CART


def test_likely_trigger_is_of_a_kind_with_a_plan_if_there_is_one() -> None:
    state = buffering(planned_kinds=(VIEW.kind,))
    state.receive(CART)
    assert state.likely_trigger() == CART
    state.receive(VIEW)
    assert state.likely_trigger() == VIEW


def test_journey_that_ends_in_its_buffer_names_when_the_customer_was_last_active() -> None:
    state = buffering(planned_kinds=(CART.kind,), unplanned_events=Unplanned.IGNORE)
    for one in (CART, VIEW):
        state.receive(one)
    state.end_in_buffer()
    assert (state.trigger, state.left_at) == (CART, CART.at)


# Events that the store's database hands over


def known(*accepted: JourneyEvent, handled: Sequence[JourneyEvent] = ()) -> LoadedPlan:
    """What the database knows: events that were accepted, and those that had a journey."""
    ids = tuple(one.event_id for one in handled)
    return loaded(*STEPS).model_copy(update={"accepted": accepted, "handled": ids})


@pytest.mark.parametrize("reached", [True, False], ids=["reached_us_first", "reaches_us_later"])
def test_event_that_was_accepted_meanwhile_joins_the_buffer_once(*, reached: bool) -> None:
    state = buffering()
    for one in [CART, VIEW] if reached else [CART]:
        state.receive(one)
    state.amend_buffer(known(VIEW))
    state.receive(VIEW)
    assert state.pending == [CART, VIEW]


def test_event_that_had_a_journey_leaves_the_buffer_and_the_others_stay() -> None:
    state = buffering()
    for one in (CART, VIEW):
        state.receive(one)
    state.amend_buffer(known(handled=[CART]))
    assert (state.pending, state.trigger) == ([VIEW], None)


def test_old_event_that_is_delivered_late_still_has_its_journey() -> None:
    state, old = buffering(), event(EventKind.CART_UPDATE, -9000)
    state.receive(old)
    state.amend_buffer(known())
    assert state.pending == [old]


def test_buffer_whose_events_all_had_a_journey_is_already_handled() -> None:
    state = buffering()
    for one in (VIEW, CART):
        state.receive(one)
    state.amend_buffer(known(handled=[CART, VIEW]))
    assert (state.pending, state.trigger, state.left_at) == ([], CART, VIEW.at)
    ending = closing.already_handled(state)
    assert (ending.reason, ending.evidence["event_id"]) == (Reason.ALREADY_HANDLED, CART.event_id)
    state.end(ending, NOON)
    assert closing.next_events(state) == []


def test_order_that_was_accepted_meanwhile_is_in_the_buffer_of_a_handled_trigger() -> None:
    state = buffering()
    state.receive(CART)
    state.amend_buffer(known(ordered(10), handled=[CART]))
    assert (state.pending, state.trigger) == ([ordered(10)], None)


def test_buffer_follows_the_rules_of_its_store_of_today() -> None:
    state = buffering()
    state.receive(CART)
    of_today = known().model_copy(update={"policy": state.policy.model_copy(update=NO_PLANS)})
    state.amend_buffer(of_today)
    assert state.policy.planned_kinds == ()


def test_event_that_was_handed_over_is_not_pending_nor_received_again() -> None:
    state = waiting(*STEPS)
    state.receive(VIEW)
    state.take_in([VIEW, ordered(10), VIEW])
    for one in (VIEW, ordered(10)):
        state.receive(one)
    assert state.pending == []
    assert state.seen == [CART.event_id, VIEW.event_id, ordered(10).event_id]


def test_event_that_was_not_handed_over_stays_pending() -> None:
    state = waiting(*STEPS)
    state.receive(VIEW)
    state.take_in([ordered(10)])
    assert state.pending == [VIEW]


# The buffer


def test_long_buffer_is_shortened_to_the_latest_events_per_kind() -> None:
    state = buffering()
    for number in range(MAX_SEEN):
        state.receive(event(EventKind.PRODUCT_VIEW, number))
    state.shorten_buffer()
    assert len(state.pending) == MAX_SEEN
    state.receive(emptied(0))
    state.shorten_buffer()
    assert state.pending == [emptied(0), event(EventKind.PRODUCT_VIEW, MAX_SEEN - 1)]


def test_journey_that_ends_in_its_buffer_names_the_likely_trigger() -> None:
    state = buffering()
    for one in (CART, emptied(5)):
        state.receive(one)
    assert state.end_in_buffer() == [CART, emptied(5)]
    assert (state.trigger, state.left_at, state.pending) == (emptied(5), at(5), [])


def test_journey_that_ends_with_an_empty_buffer_has_no_trigger() -> None:
    state = buffering()
    assert state.end_in_buffer() == []
    assert (state.trigger, state.left_at) == (None, None)


@pytest.mark.parametrize(
    ("kind", "reason"), [(OPERATOR_EXIT, Reason.OPERATOR), (OPT_OUT, Reason.OPTED_OUT)]
)
def test_exit_ends_a_buffering_journey(kind: str, reason: Reason) -> None:
    state, exit_event = buffering(), event(kind, 20)
    assert state.requested_exit() is None
    state.receive(CART)
    state.request_exit(exit_event)
    ending = state.requested_exit()
    assert ending is not None
    assert (ending.outcome, ending.reason) == (Outcome.EXITED, reason)
    assert ending.evidence["event_id"] == exit_event.event_id
    assert (state.trigger, state.pending) == (CART, [])


def test_beginning_empties_the_buffer_and_logs_why_the_trigger_was_chosen() -> None:
    state = waiting(*STEPS)
    assert (state.trigger, state.left_at, state.pending) == (CART, at(0), [])
    chosen = state.decisions[0]
    assert chosen.decision == "trigger_chosen"
    assert chosen.evidence["event_id"] == CART.event_id
    assert chosen.evidence["events_in_buffer"] == "1"


def test_kind_without_a_plan_is_skipped() -> None:
    ending = buffering().follow(loaded(plans={}), NOON)
    assert ending is not None
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.NO_PLAN)


def test_journey_follows_the_rules_that_its_store_has_when_its_plan_is_loaded() -> None:
    state = waiting(*STEPS)
    changed = loaded(*STEPS, lower_intent_events="ignore", order_grace="5m")
    assert state.follow(changed, NOON) is None
    assert state.subject() == JourneySubject(CART, at(0), changed.policy)


def test_postponement_sets_left_at_and_is_logged() -> None:
    state, view = waiting(*STEPS), event(EventKind.PRODUCT_VIEW, 600)
    state.postpone(Postpone(view.at, view), NOON)
    assert state.left_at == view.at
    assert state.decisions[-1].decision == "postponed"
    assert state.decisions[-1].evidence["event_id"] == view.event_id


def test_next_due_is_the_current_steps_until_the_journey_ends() -> None:
    state = waiting(*STEPS)
    assert state.next_due() == current_step(state).due_at
    state.end(plan_done(state.progress), NOON)
    assert state.next_due() is None
    assert buffering().next_due() is None


def test_held_message_is_due_again_when_it_is_resumed() -> None:
    state = waiting(*STEPS)
    state.hold(PAUSED)
    assert state.next_due() is None
    state.held = None
    assert state.next_due() == current_step(state).due_at


def test_hold_is_logged_with_what_the_journey_waits_for() -> None:
    state = waiting(*STEPS)
    state.hold(PAUSED.model_copy(update={"template": "reminder"}))
    last = state.decisions[-1]
    assert (last.at, last.decision, last.because) == (NOON, "held", Reason.STORE_PAUSED)
    assert last.evidence == {"because": "paused by Ann", "template": "reminder"}


def test_journey_that_ends_while_it_is_held_is_not_held_any_more() -> None:
    state = waiting(*STEPS)
    state.hold(PAUSED)
    state.end(Ending(outcome=Outcome.EXITED, reason=Reason.OPERATOR), NOON)
    assert state.held is None


def test_ending_is_logged_with_its_evidence() -> None:
    state = waiting(*STEPS)
    ending = Ending(outcome=Outcome.EXITED, reason=Reason.ORDER_PLACED, evidence={"event_id": "o"})
    state.end(ending, NOON)
    assert state.ending == ending
    last = state.decisions[-1]
    assert (last.decision, last.because, last.evidence) == (
        "exited",
        "order_placed",
        {"event_id": "o"},
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(journey_events(), max_size=4),
    policies(),
    st.lists(st.sampled_from(["sent", "skipped", "deferred"]), max_size=2),
    st.booleans(),
)
def test_state_survives_json(
    events: list[JourneyEvent], rules: JourneyPolicy, results: list[str], closed: bool
) -> None:
    state = waiting(*STEPS, quiet_hours=NIGHT)
    state.policy = rules
    for name in results:
        decide_on_step(state, name)
    for one in events:
        state.receive(one)
    if closed:
        state.end(plan_done(state.progress), NOON)
    again = JourneyState.model_validate_json(state.model_dump_json())
    assert again == state
    assert closing.next_journey(again, events) == closing.next_journey(state, events)


def decide_on_step(state: JourneyState, name: str) -> None:
    current, now = current_step(state), current_step(state).due_at
    if name == "sent":
        assert apply_send_result(state, current, SENT, now) is None
    elif name == "skipped":
        delivery.skip(state, current, Reason.EXPIRED, {"why": "late"}, now)
    else:
        delivery.defer(state, current, Reason.THROTTLED, now + timedelta(minutes=1), now)


def test_state_with_every_part_survives_json() -> None:
    fallbacks = [{**SMS, "on": ["send_failed"], "fields": {"text": "{{ customer.name }}"}}]
    channel_step = {"after": "2h", **SMS}
    state = waiting(step("1h", fallbacks=fallbacks), channel_step, step("3h"))
    apply_send_result(state, current_step(state), SENT, NOON)
    apply_send_result(state, current_step(state), refused(Reason.EXPIRED), NOON)
    assert state.progress.awaited is not None
    assert state.progress.last_skip is not None
    state.receive(event(EventKind.PRODUCT_VIEW, 5))
    state.receive_failure(failure(Reason.SEND_FAILED))
    state.request_exit(event(OPERATOR_EXIT, 20))
    state.hold(PAUSED.model_copy(update={"template": "reminder"}))
    assert JourneyState.model_validate_json(state.model_dump_json()) == state
    state.end(Ending(outcome=Outcome.EXITED, reason=Reason.OPERATOR), NOON)
    assert JourneyState.model_validate_json(state.model_dump_json()) == state


def test_each_part_that_was_received_is_pending() -> None:
    states = [waiting(*STEPS) for _ in range(4)]
    states[1].receive(event(EventKind.PRODUCT_VIEW, 5))
    states[2].receive_failure(failure(Reason.UNREACHABLE))
    states[3].request_exit(event(OPERATOR_EXIT, 20))
    assert [state.has_pending() for state in states] == [False, True, True, True]
