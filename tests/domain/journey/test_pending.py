"""What was received while a journey waited: later events, late failures, an exit."""

import pytest

from domain.events.kinds import OPERATOR_EXIT, OPT_OUT, EventKind
from domain.journey import closing
from domain.journey.delivery import apply_send_result
from domain.journey.later_events import Postpone
from domain.journey.outcomes import Ending, Outcome, Reason
from domain.journey.pending import process_pending
from domain.journey.state import JourneyState
from domain.stores.config import LowerIntent, Unplanned
from tests.domain.builders import NOON, event, ordered, step
from tests.domain.journey.builders import (
    SENT,
    TO_SMS,
    buffering,
    current_message,
    current_step,
    failure,
    waiting,
)

STEPS = [step("1h"), step("24h")]


def awaiting_failures() -> JourneyState:
    """A journey whose last message was sent, and may be reported as failed."""
    state = waiting(step("1h", fallbacks=[TO_SMS]))
    apply_send_result(state, current_step(state), SENT, NOON)
    return state


def test_pushed_event_ends_the_journey() -> None:
    state = waiting(*STEPS)
    state.receive(ordered(10))
    assert state.has_pending()
    decision = process_pending(state, NOON)
    assert isinstance(decision, Ending)
    assert decision.reason is Reason.ORDER_PLACED
    assert not state.has_pending()


def test_pushed_event_that_changes_nothing_is_logged() -> None:
    state = waiting(*STEPS, lower_intent_events=LowerIntent.IGNORE)
    view = event(EventKind.PRODUCT_VIEW, 10)
    state.receive(view)
    assert process_pending(state, NOON) is None
    assert state.decisions[-1].decision == "events_ignored"
    assert state.decisions[-1].evidence["event_id"] == view.event_id


def test_event_of_no_consequence_after_the_last_message_is_logged() -> None:
    state = awaiting_failures()
    early = event(EventKind.PRODUCT_VIEW, -10)
    state.receive(early)
    assert process_pending(state, NOON) is None
    assert state.decisions[-1].decision == "events_ignored"
    assert state.decisions[-1].evidence["event_id"] == early.event_id


def test_operators_exit_comes_before_other_events_and_leaves_none() -> None:
    state = waiting(*STEPS)
    state.receive(ordered(10))
    state.request_exit(event(OPERATOR_EXIT, 20))
    decision = process_pending(state, NOON)
    assert isinstance(decision, Ending)
    assert decision.reason is Reason.OPERATOR
    state.end(decision, NOON)
    assert closing.next_events(state) == []


def test_opt_out_comes_before_a_late_failure() -> None:
    state = waiting(*STEPS)
    state.receive_failure(failure(Reason.UNREACHABLE))
    state.request_exit(event(OPT_OUT, 20))
    decision = process_pending(state, NOON)
    assert isinstance(decision, Ending)
    assert (decision.outcome, decision.reason) == (Outcome.EXITED, Reason.OPTED_OUT)


def test_late_failure_comes_before_pushed_events() -> None:
    state = waiting(*STEPS)
    apply_send_result(state, current_step(state), SENT, NOON)
    state.receive(ordered(10))
    state.receive_failure(failure(Reason.UNREACHABLE))
    decision = process_pending(state, NOON)
    assert isinstance(decision, Ending)
    assert decision.reason is Reason.UNREACHABLE
    assert state.pending == [ordered(10)]


def test_event_of_lower_intent_may_postpone_the_journey() -> None:
    state = waiting(*STEPS, lower_intent_events=LowerIntent.POSTPONE)
    view = event(EventKind.PRODUCT_VIEW, 600)
    state.receive(view)
    decision = process_pending(state, NOON)
    assert isinstance(decision, Postpone)
    state.postpone(decision, NOON)
    assert state.left_at == view.at


def test_pending_without_events_decides_nothing() -> None:
    state = waiting(*STEPS)
    logged = list(state.decisions)
    assert process_pending(state, NOON) is None
    assert state.decisions == logged


def test_buffering_journey_has_nothing_to_decide_on() -> None:
    with pytest.raises(ValueError, match="buffering"):
        process_pending(buffering(), NOON)


def test_customer_who_buys_after_the_last_message_was_messaged() -> None:
    state = awaiting_failures()
    state.receive(ordered(60))
    ending = process_pending(state, NOON)
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.PLAN_DONE


@pytest.mark.parametrize("lower_intent", LowerIntent)
def test_later_event_after_the_last_message_begins_the_next_journey(
    lower_intent: LowerIntent,
) -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), lower_intent_events=lower_intent)
    apply_send_result(state, current_step(state), SENT, NOON)
    view = event(EventKind.PRODUCT_VIEW, 60)
    state.receive(view)
    ending = process_pending(state, NOON)
    assert isinstance(ending, Ending)
    assert (ending.outcome, ending.reason) == (Outcome.MESSAGED, Reason.PLAN_DONE)
    assert ending.next_events == (view,)


def test_earlier_event_after_the_last_message_changes_nothing() -> None:
    state = awaiting_failures()
    state.receive(event(EventKind.PRODUCT_VIEW, -30))
    assert process_pending(state, NOON) is None
    assert not state.has_pending()


@pytest.mark.parametrize("unplanned", Unplanned)
def test_browsing_without_a_plan_after_the_last_message_changes_nothing(
    unplanned: Unplanned,
) -> None:
    steps = [step("1h", fallbacks=[TO_SMS])]
    state = waiting(*steps, plans={"cart_update": steps}, unplanned_events=unplanned)
    apply_send_result(state, current_step(state), SENT, NOON)
    state.receive(event(EventKind.PRODUCT_VIEW, 60))
    assert process_pending(state, NOON) is None
    assert state.decisions[-1].decision == "events_ignored"


def test_browsing_without_a_plan_postpones_the_journey() -> None:
    state = waiting(*STEPS, plans={"cart_update": STEPS})
    view = event(EventKind.PRODUCT_VIEW, 600)
    state.receive(view)
    assert process_pending(state, NOON) == Postpone(view.at, view)


def test_late_failure_after_the_last_message_leads_to_the_fallback() -> None:
    state = awaiting_failures()
    state.receive_failure(failure(Reason.UNREACHABLE))
    assert process_pending(state, NOON) is None
    assert current_message(state) == (1, 1)
