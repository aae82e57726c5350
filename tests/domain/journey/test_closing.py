"""The record of an ended journey, and the next journey."""

import pytest

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey import closing
from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.delivery import apply_send_result, plan_done
from domain.journey.outcomes import Ending, JourneyRecord, Outcome, Reason, Stage, evidence_of
from domain.journey.pending import process_pending
from domain.journey.state import JourneyState
from domain.journey.step_progress import StepProgress
from domain.stores.config import LowerIntent, Unplanned
from tests.domain.builders import BUFFER, NOON, at, emptied, event, ordered, step
from tests.domain.journey.builders import CART, buffering, current_step, waiting

STEPS = [step("1h"), step("24h")]
VIEW = event(EventKind.PRODUCT_VIEW, 30)
ONLY_CARTS = {"cart_update": STEPS}


def test_record_has_everything_about_the_ended_journey() -> None:
    state = waiting(*STEPS)
    ending = Ending(outcome=Outcome.EXITED, reason=Reason.ORDER_PLACED, evidence={"event_id": "o"})
    state.end(ending, NOON)
    record = closing.record(state, "run", at(5)).journey
    assert (record.run_id, record.store_id, record.customer_id) == ("run", "denim", "c1")
    assert (record.trigger, record.left_at, record.closed_at) == (CART, at(0), at(5))
    assert (record.outcome, record.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert record.evidence == {"event_id": "o"}
    assert record.decisions == state.decisions


def closed_by(state: JourneyState, *received: JourneyEvent) -> JourneyState:
    """The journey, ended by these events."""
    for one in received:
        state.receive(one)
    decision = process_pending(state, NOON)
    assert isinstance(decision, Ending)
    state.end(decision, NOON)
    return state


def test_record_names_the_events_that_the_journey_took_in() -> None:
    order, ignored = ordered(20), event(EventKind.PRODUCT_VIEW, -30)
    record = closing.record(closed_by(waiting(*STEPS), ignored, order), "run", NOON)
    assert record.taken == [CART.event_id, ignored.event_id, order.event_id]
    assert (record.next, record.up_to) == ([], at(0))


def test_events_that_the_next_journey_begins_with_are_not_taken_in() -> None:
    newer = event(EventKind.CHECKOUT_INITIATED, 10)
    state = closed_by(waiting(*STEPS), newer)
    state.receive(VIEW)
    record = closing.record(state, "run", NOON)
    assert record.taken == [CART.event_id]
    assert record.next == [newer.event_id, VIEW.event_id]
    assert closing.next_events(state) == [newer, VIEW]


def test_events_that_were_handed_over_are_taken_in_or_begin_the_next_journey() -> None:
    order, again = ordered(10), event(EventKind.CART_UPDATE, 20)
    state, result = waiting(*STEPS), SendResult(status=SendStatus.OVERTAKEN, events=(order, again))
    ending = apply_send_result(state, current_step(state), result, NOON)
    assert isinstance(ending, Ending)
    state.end(ending, NOON)
    record = closing.record(state, "run", NOON)
    assert (record.taken, record.next) == ([CART.event_id, order.event_id], [again.event_id])


def test_journey_that_ended_in_its_buffer_took_all_of_it_in() -> None:
    state = buffering()
    for one in (CART, ordered(5)):
        state.receive(one)
    state.end_in_buffer()
    state.end(Ending(outcome=Outcome.EXITED, reason=Reason.ORDER_PLACED), NOON)
    record = closing.record(state, "run", NOON)
    assert (record.taken, record.next) == ([CART.event_id, ordered(5).event_id], [])
    assert (record.journey.left_at, record.up_to) == (at(5), None)


def test_record_survives_json() -> None:
    record = closing.record(closed_by(waiting(*STEPS), ordered(20)), "run", NOON)
    assert JourneyRecord.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize("trigger", [None, CART])
def test_journey_whose_events_were_all_handled_is_skipped(trigger: JourneyEvent | None) -> None:
    state = buffering()
    state.trigger = trigger
    ending = closing.already_handled(state)
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.ALREADY_HANDLED)
    assert ending.evidence == (evidence_of(trigger) if trigger else {})
    assert ending.next_events == ()


def test_open_journey_has_no_record() -> None:
    with pytest.raises(ValueError, match="open journey"):
        closing.record(waiting(*STEPS), "run", NOON)


def test_superseding_event_and_later_arrivals_begin_the_next_journey() -> None:
    state, newer = waiting(*STEPS), event(EventKind.CHECKOUT_INITIATED, 10)
    state.receive(newer)
    decision = process_pending(state, NOON)
    assert isinstance(decision, Ending)
    state.end(decision, NOON)
    last = event(EventKind.PRODUCT_VIEW, 20)
    state.receive(last)
    assert closing.next_events(state) == [newer, last]


@pytest.mark.parametrize("lower_intent", LowerIntent)
def test_events_that_arrive_while_a_journey_closes_begin_the_next_one(
    lower_intent: LowerIntent,
) -> None:
    state = waiting(*STEPS, lower_intent_events=lower_intent)
    state.end(plan_done(state.progress), NOON)
    for one in (event(EventKind.PRODUCT_VIEW, -30), ordered(20), VIEW):
        state.receive(one)
    assert closing.next_events(state) == [VIEW]


@pytest.mark.parametrize("lower_intent", LowerIntent)
def test_order_that_arrives_while_a_journey_closes_begins_no_journey(
    lower_intent: LowerIntent,
) -> None:
    state = waiting(*STEPS, lower_intent_events=lower_intent)
    state.end(plan_done(state.progress), NOON)
    state.receive(ordered(20))
    assert closing.next_events(state) == []


def test_earlier_event_that_arrives_while_a_journey_closes_begins_no_journey() -> None:
    state = waiting(*STEPS)
    state.end(plan_done(state.progress), NOON)
    state.receive(event(EventKind.PRODUCT_VIEW, -30))
    assert closing.next_events(state) == []


def test_event_that_arrives_after_an_exit_begins_the_next_journey() -> None:
    state = waiting(*STEPS)
    state.request_exit(event(OPERATOR_EXIT, 20))
    decision = process_pending(state, NOON)
    assert isinstance(decision, Ending)
    state.end(decision, NOON)
    state.receive(VIEW)
    assert closing.next_events(state) == [VIEW]


def test_exit_that_arrives_while_a_journey_closes_leaves_no_events() -> None:
    state = waiting(*STEPS)
    state.end(plan_done(state.progress), NOON)
    state.receive(VIEW)
    state.request_exit(event(OPERATOR_EXIT, 40))
    assert closing.next_events(state) == []


def test_event_after_a_journey_that_ended_in_its_buffer_begins_the_next_one() -> None:
    state = buffering()
    state.end(Ending(outcome=Outcome.EXITED, reason=Reason.CART_EMPTIED), NOON)
    state.receive(VIEW)
    assert closing.next_events(state) == [VIEW]


def test_events_of_which_none_remains_begin_no_journey() -> None:
    state = buffering()
    state.end(Ending(outcome=Outcome.EXITED, reason=Reason.CART_EMPTIED), NOON)
    for one in (CART, emptied(5)):
        state.receive(one)
    assert closing.next_events(state) == []


def test_open_journey_hands_over_only_later_events() -> None:
    state = waiting(*STEPS)
    for one in (event(EventKind.PRODUCT_VIEW, -30), VIEW):
        state.receive(one)
    assert closing.next_events(state) == [VIEW]


def test_next_journey_begins_anew_but_keeps_seen_event_ids() -> None:
    state = waiting(*STEPS)
    newer = event(EventKind.CHECKOUT_INITIATED, 10)
    following = closing.next_journey(state, [newer])
    assert following.stage is Stage.BUFFERING
    assert (following.store_id, following.customer_id) == ("denim", "c1")
    assert (following.buffer, following.pending) == (BUFFER, [newer])
    assert (following.trigger, following.progress) == (None, StepProgress())
    assert (following.policy, following.held) == (state.policy, None)
    assert following.decisions == []
    following.receive(CART)
    assert CART not in following.pending


def test_kinds_without_a_plan_begin_no_journey() -> None:
    state = waiting(*STEPS, plans=ONLY_CARTS)
    state.end(plan_done(state.progress), NOON)
    state.receive(VIEW)
    assert closing.next_events(state) == []


@pytest.mark.parametrize("unplanned", Unplanned)
def test_kinds_without_a_plan_that_end_a_journey_begin_none(unplanned: Unplanned) -> None:
    state = waiting(*STEPS, plans=ONLY_CARTS, unplanned_events=unplanned)
    view = event(EventKind.PRODUCT_VIEW, 10)
    state.end(
        Ending(outcome=Outcome.EXITED, reason=Reason.CONSECUTIVE_EVENT, next_events=(view,)), NOON
    )
    assert closing.next_events(state) == []


def test_kinds_without_a_plan_follow_into_the_journey_of_a_planned_one() -> None:
    state = closed_by(waiting(*STEPS, plans=ONLY_CARTS), event(EventKind.CART_UPDATE, 10))
    state.receive(VIEW)
    assert closing.next_events(state) == [event(EventKind.CART_UPDATE, 10), VIEW]


def test_order_and_cart_synced_while_a_journey_closes_begin_no_journey() -> None:
    state = waiting(*STEPS, order_grace="10m")
    state.end(plan_done(state.progress), NOON)
    for one in (event(EventKind.CART_UPDATE, 20.005), ordered(20)):
        state.receive(one)
    assert closing.next_events(state) == []
