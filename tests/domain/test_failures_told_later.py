"""Failures that Meta tells after it took a message, in whatever order and however often."""

from datetime import datetime, timedelta

from domain.answers import SendStatus
from domain.journey import JourneyState
from domain.outcomes import Ending, Outcome, Reason
from domain.planning import PlannedStep, make_plan
from domain.story import WATCHING, details
from tests.domain.making import NOON, at, config, step
from tests.domain.test_fallbacks import (
    CART,
    CHANNELS,
    PLAIN,
    SENT,
    SMS,
    failure,
    refused,
    turn,
    waiting,
)

SENT_AT = NOON + timedelta(hours=2)
SOON = SENT_AT + timedelta(minutes=1)
TO_SMS = {**SMS, "on": ["unreachable"]}


def told(
    state: JourneyState, reason: Reason, number: int = 1, fallback: int = 0, now: datetime = SOON
) -> object:
    state.receive_failure(failure(reason, number, fallback).model_copy(update={"at": now}))
    return state.hear_news(now)


def sent(state: JourneyState) -> PlannedStep:
    """The message whose turn it is goes out."""
    step_now = turn(state)
    assert state.take_answer(step_now, SENT, SENT_AT) is None
    return step_now


def test_nobody_is_tried_day_after_day() -> None:
    state = waiting(step("1h", fallbacks=[{**PLAIN, "on": ["template_rejected"]}]))
    sent(state)
    told(state, Reason.MARKETING_LIMIT)
    assert state.next_step() is None
    assert state.plan_done().outcome is Outcome.MESSAGED


def test_a_watched_message_is_fallen_back_from_also_when_a_later_step_was_left_out() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("1h"))
    sent(state)
    state.take_answer(turn(state), refused(Reason.MISSING_MERGE_FIELD), SENT_AT)
    assert told(state, Reason.UNREACHABLE) is None
    assert (turn(state).number, state.turn_of(turn(state))) == (1, 1)


def test_of_two_failures_told_at_once_the_one_that_is_watched_has_its_fallback() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[TO_SMS]))
    sent(state)
    sent(state)
    state.receive_failure(failure(Reason.UNREACHABLE, 1))
    assert told(state, Reason.UNREACHABLE, 2) is None
    assert (turn(state).number, state.turn_of(turn(state))) == (2, 1)


def test_a_journey_does_not_end_while_its_last_message_is_watched() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[TO_SMS]))
    sent(state)
    sent(state)
    assert told(state, Reason.UNREACHABLE, 1) is None
    assert state.watch(SOON)


def test_who_cannot_be_reached_by_anything_that_is_left_is_left_alone() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[{**PLAIN, "on": ["send_failed"]}]))
    sent(state)
    ending = told(state, Reason.UNREACHABLE)
    assert isinstance(ending, Ending)
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.UNREACHABLE)


def test_another_template_that_had_its_turn_gives_way_when_whatsapp_reaches_nobody() -> None:
    rejected = {**PLAIN, "on": ["template_rejected"]}
    state = waiting(step("1h"), step("2h", fallbacks=[rejected, TO_SMS]))
    sent(state)
    state.fall_back(turn(state), Reason.TEMPLATE_REJECTED, {}, SENT_AT)
    told(state, Reason.UNREACHABLE)
    request = state.send_request(turn(state))
    assert (request.fallback, request.because) == (2, Reason.UNREACHABLE)


def test_a_message_waits_for_its_template_where_what_else_there_is_cannot_reach_anybody() -> None:
    other = {**PLAIN, "on": ["template_held"]}
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("2h", fallbacks=[other]))
    assert state.waits_for_template(turn(state))
    sent(state)
    assert not state.waits_for_template(turn(state))
    state.unreachable = True
    assert state.waits_for_template(turn(state))


def test_what_was_told_twice_counts_once() -> None:
    limit = {**SMS, "on": ["marketing_limit"]}
    state = waiting(step("1h", fallbacks=[limit]), step("72h"))
    sent(state)
    told(state, Reason.MARKETING_LIMIT)
    state.take_answer(turn(state), refused(Reason.SEND_FAILED), SOON)
    told(state, Reason.MARKETING_LIMIT)
    assert state.messages_sent == 0
    assert turn(state).number == 2


def test_a_late_failure_goes_on_from_the_message_that_failed() -> None:
    declined = {**SMS, "on": ["send_failed"]}
    state = waiting(step("1h", fallbacks=[declined, TO_SMS]))
    sent(state)
    state.unreachable = True
    told(state, Reason.SEND_FAILED)
    request = state.send_request(turn(state))
    assert (request.fallback, request.because) == (1, Reason.SEND_FAILED)


def test_a_plan_loaded_again_gives_no_turn_to_what_is_for_another_failure() -> None:
    state = waiting(step("1h", fallbacks=[{**PLAIN, "on": ["template_rejected"]}]))
    state.fall_back(turn(state), Reason.TEMPLATE_REJECTED, {}, NOON)
    other = config(plans={"cart_update": [step("1h", fallbacks=[TO_SMS])]}, channels=CHANNELS)
    state.follow(make_plan(other, CART.kind, at(0), None), NOON)
    assert state.send_request(turn(state)).fallback == 0


def test_operators_see_what_a_journey_waits_for_after_its_last_message() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]))
    sent(state)
    assert WATCHING in details(state)


def test_operators_see_which_message_has_its_turn() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    state.fall_back(turn(state), Reason.SEND_FAILED, {}, NOON)
    assert "channel sms" in details(state).splitlines()[0]


def test_a_message_that_was_sent_before_is_not_said_to_be_sent_by_its_fallback() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    state.fall_back(turn(state), Reason.SEND_FAILED, {}, NOON)
    before = SENT.model_copy(
        update={"evidence": {"message_id": "m1", "earlier_outcome": "delivered"}}
    )
    assert before.status is SendStatus.ACCEPTED
    state.take_answer(turn(state), before, NOON)
    assert "by" not in state.decisions[-1].evidence


def test_what_was_told_of_a_message_that_was_left_out_takes_nothing_back() -> None:
    state = waiting(step("1h"), step("72h"))
    state.take_answer(turn(state), refused(Reason.MARKETING_LIMIT), SENT_AT)
    told(state, Reason.MARKETING_LIMIT)
    assert (state.messages_sent, turn(state).number) == (0, 2)
