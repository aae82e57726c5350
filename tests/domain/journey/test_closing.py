"""The record of an ended journey, and the next journey."""

import pytest

from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey import closing
from domain.journey.delivery import plan_done
from domain.journey.outcomes import Ending, Outcome, Reason, Stage
from domain.journey.pending import process_pending
from domain.journey.step_progress import StepProgress
from domain.stores.config import LowerIntent
from tests.domain.builders import BUFFER, NOON, at, emptied, event, ordered, step
from tests.domain.journey.builders import CART, buffering, waiting

STEPS = [step("1h"), step("24h")]
VIEW = event(EventKind.PRODUCT_VIEW, 30)


def test_record_has_everything_about_the_ended_journey() -> None:
    state = waiting(*STEPS)
    ending = Ending(outcome=Outcome.EXITED, reason=Reason.ORDER_PLACED, evidence={"event_id": "o"})
    state.end(ending, NOON)
    record = closing.record(state, "run", at(5))
    assert (record.run_id, record.store_id, record.customer_id) == ("run", "denim", "c1")
    assert (record.trigger, record.left_at, record.closed_at) == (CART, at(0), at(5))
    assert (record.outcome, record.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert record.evidence == {"event_id": "o"}
    assert record.decisions == state.decisions


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


@pytest.mark.parametrize("policy", LowerIntent)
def test_events_that_arrive_while_a_journey_closes_begin_the_next_one(policy: LowerIntent) -> None:
    state = waiting(*STEPS, lower_intent_events=policy)
    state.end(plan_done(state.progress), NOON)
    for one in (event(EventKind.PRODUCT_VIEW, -30), ordered(20), VIEW):
        state.receive(one)
    assert closing.next_events(state) == [VIEW]


@pytest.mark.parametrize("policy", LowerIntent)
def test_order_that_arrives_while_a_journey_closes_begins_no_journey(policy: LowerIntent) -> None:
    state = waiting(*STEPS, lower_intent_events=policy)
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
    assert following.decisions == []
    following.receive(CART)
    assert CART not in following.pending
