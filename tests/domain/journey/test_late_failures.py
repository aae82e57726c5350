"""Failures that Meta reports after it accepted a message, in any order and more than once."""

from datetime import datetime, timedelta

import pytest

from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.delivery import apply_delivery, apply_send_result, plan_done
from domain.journey.outcomes import Ending, Outcome, Reason
from domain.journey.pending import process_pending
from domain.journey.plan import PlannedStep
from domain.journey.requests import deliver_request
from domain.journey.state import JourneyState
from domain.messages.pacing import MARKETING_LIMIT
from tests.domain.builders import NOON, step
from tests.domain.journey.builders import (
    PLAIN,
    SENT,
    SMS,
    TO_SMS,
    current_message,
    current_step,
    failure,
    fall_back,
    loaded,
    refused,
    waiting,
)

SENT_AT = NOON + timedelta(hours=2)
SOON = SENT_AT + timedelta(minutes=1)


def report(
    state: JourneyState, reason: Reason, number: int = 1, fallback: int = 0, now: datetime = SOON
) -> object:
    """What a failure of that message leads to."""
    state.receive_failure(failure(reason, number, fallback).model_copy(update={"at": now}))
    return process_pending(state, now)


def send(state: JourneyState) -> PlannedStep:
    """Send the current message; the step that it was of."""
    step_sent = current_step(state)
    assert apply_send_result(state, step_sent, SENT, SENT_AT) is None
    return step_sent


def test_last_message_is_not_tried_again_after_the_marketing_limit() -> None:
    state = waiting(step("1h", fallbacks=[{**PLAIN, "on": ["template_rejected"]}]))
    send(state)
    report(state, Reason.MARKETING_LIMIT)
    assert state.progress.next_step() is None
    assert plan_done(state.progress).outcome is Outcome.MESSAGED


def test_message_is_tried_again_a_day_after_the_marketing_limit() -> None:
    state = waiting(step("1h"), step("72h"))
    send(state)
    assert report(state, Reason.MARKETING_LIMIT) is None
    assert current_message(state) == (1, 0)
    assert state.next_due() == SOON + MARKETING_LIMIT
    assert state.progress.messages_sent == 0
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("message_deferred", Reason.MARKETING_LIMIT)
    assert last.evidence == {"until": (SOON + MARKETING_LIMIT).isoformat()}


def test_message_is_not_tried_again_if_the_next_is_due_within_the_day() -> None:
    state = waiting(step("1h"), step("24h"))
    send(state)
    assert report(state, Reason.MARKETING_LIMIT) is None
    assert current_message(state) == (2, 0)
    assert state.progress.messages_sent == 1


def test_message_tried_again_a_day_later_is_tried_again_after_another_limit() -> None:
    state = waiting(step("1h"), step("72h"))
    send(state)
    report(state, Reason.MARKETING_LIMIT)
    send(state)
    assert state.progress.messages_sent == 1
    report(state, Reason.MARKETING_LIMIT)
    assert (current_message(state), state.progress.messages_sent) == ((1, 0), 0)


def test_awaited_failure_has_its_fallback_after_a_later_step_was_skipped() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("1h"))
    send(state)
    apply_send_result(state, current_step(state), refused(Reason.MISSING_MERGE_FIELD), SENT_AT)
    assert report(state, Reason.UNREACHABLE) is None
    assert current_message(state) == (1, 1)


def test_awaited_one_of_two_failures_has_its_fallback() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[TO_SMS]))
    send(state)
    send(state)
    state.receive_failure(failure(Reason.UNREACHABLE, 1))
    assert report(state, Reason.UNREACHABLE, 2) is None
    assert current_message(state) == (2, 1)


def test_journey_stays_open_while_a_failure_of_its_last_message_is_awaited() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[TO_SMS]))
    send(state)
    send(state)
    assert report(state, Reason.UNREACHABLE, 1) is None
    assert state.progress.fallback_window(SOON)


def test_journey_ends_if_no_remaining_message_can_reach_the_customer() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[{**PLAIN, "on": ["send_failed"]}]))
    send(state)
    ending = report(state, Reason.UNREACHABLE)
    assert isinstance(ending, Ending)
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.UNREACHABLE)
    assert ending.evidence == {"message_id": "m1.0", "step": "1"}


@pytest.mark.parametrize(
    "later", [step("3h", fallbacks=[TO_SMS]), {"after": "3h", **SMS}], ids=["fallback", "channel"]
)
def test_journey_goes_on_if_a_later_step_has_a_channel(later: dict[str, object]) -> None:
    state = waiting(step("1h"), step("2h"), later)
    send(state)
    assert report(state, Reason.UNREACHABLE) is None
    assert current_message(state) == (2, None)


def test_journey_goes_on_if_the_current_message_fell_back_to_a_channel() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    send(state)
    fall_back(state, Reason.SEND_FAILED)
    assert report(state, Reason.UNREACHABLE) is None
    assert current_message(state) == (2, 1)


def test_journey_ends_although_a_step_that_is_done_had_a_channel() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("2h"))
    send(state)
    send(state)
    ending = report(state, Reason.UNREACHABLE, 2)
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.UNREACHABLE


def test_unreachable_last_message_ends_the_journey_although_the_first_had_a_channel() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("72h"))
    send(state)
    ended = SendResult(status=SendStatus.ENDED, outcome=Outcome.SKIPPED, reason=Reason.UNREACHABLE)
    later = SENT_AT + timedelta(days=3)
    assert isinstance(apply_send_result(state, current_step(state), ended, later), Ending)


def test_unreachable_customer_gets_the_channel_after_a_rejected_template() -> None:
    rejected = {**PLAIN, "on": ["template_rejected"]}
    state = waiting(step("1h"), step("2h", fallbacks=[rejected, TO_SMS]))
    send(state)
    fall_back(state, Reason.TEMPLATE_REJECTED)
    report(state, Reason.UNREACHABLE)
    request = deliver_request(state, current_step(state))
    assert (request.fallback, request.because) == (2, Reason.UNREACHABLE)


def test_message_waits_for_its_template_if_no_fallback_can_reach_the_customer() -> None:
    other = {**PLAIN, "on": ["template_held"]}
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("2h", fallbacks=[other]))
    assert state.progress.waits_for_template(current_step(state))
    send(state)
    assert not state.progress.waits_for_template(current_step(state))
    state.progress.unreachable = True
    assert state.progress.waits_for_template(current_step(state))
    assert deliver_request(state, current_step(state)).waits_for_template


def test_failure_reported_twice_counts_once() -> None:
    limit = {**SMS, "on": ["marketing_limit"]}
    state = waiting(step("1h", fallbacks=[limit]), step("72h"))
    send(state)
    report(state, Reason.MARKETING_LIMIT)
    apply_send_result(state, current_step(state), refused(Reason.SEND_FAILED), SOON)
    report(state, Reason.MARKETING_LIMIT)
    assert state.progress.messages_sent == 0
    assert current_step(state).number == 2


def test_late_failure_goes_on_from_the_message_that_failed() -> None:
    declined = {**SMS, "on": ["send_failed"]}
    state = waiting(step("1h", fallbacks=[declined, TO_SMS]))
    send(state)
    state.progress.unreachable = True
    report(state, Reason.SEND_FAILED)
    request = deliver_request(state, current_step(state))
    assert (request.fallback, request.because) == (1, Reason.SEND_FAILED)


def test_late_failure_without_a_fallback_for_it_changes_nothing() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("2h"))
    send(state)
    assert report(state, Reason.SEND_FAILED) is None
    assert current_message(state) == (2, 0)
    assert (state.progress.awaited, state.progress.messages_sent) == (None, 1)


def test_late_failure_of_a_step_that_the_reloaded_plan_lacks_changes_nothing() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[TO_SMS]))
    send(state)
    send(state)
    state.follow(loaded(step("1h")), NOON)
    ending = report(state, Reason.UNREACHABLE, 2)
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.UNREACHABLE
    assert "fell_back" not in [each.decision for each in state.decisions]


def test_reloaded_plan_does_not_use_a_fallback_for_another_failure() -> None:
    state = waiting(step("1h", fallbacks=[{**PLAIN, "on": ["template_rejected"]}]))
    fall_back(state, Reason.TEMPLATE_REJECTED)
    state.follow(loaded(step("1h", fallbacks=[TO_SMS])), NOON)
    assert deliver_request(state, current_step(state)).fallback == 0


def test_message_that_was_sent_before_is_not_logged_as_sent_by_its_fallback() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    fall_back(state, Reason.SEND_FAILED)
    before = SENT.model_copy(
        update={"evidence": {"message_id": "m1", "earlier_outcome": "delivered"}}
    )
    assert before.status is SendStatus.ACCEPTED
    apply_send_result(state, current_step(state), before, NOON)
    assert state.decisions[-1].decision == "message_sent"
    assert "by" not in state.decisions[-1].evidence


def test_late_failure_of_a_skipped_message_takes_nothing_back() -> None:
    state = waiting(step("1h"), step("72h"))
    apply_send_result(state, current_step(state), refused(Reason.MARKETING_LIMIT), SENT_AT)
    report(state, Reason.MARKETING_LIMIT)
    assert (state.progress.messages_sent, current_step(state).number) == (0, 2)


def test_late_failure_and_its_fallback_are_logged() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]))
    label = send(state).label
    report(state, Reason.UNREACHABLE)
    failed, fell_back = state.decisions[-2:]
    evidence = {"message_id": "m1.0", "step": "1"}
    assert (failed.decision, failed.because) == ("message_failed", Reason.UNREACHABLE)
    assert failed.evidence == evidence
    assert (fell_back.decision, fell_back.because) == ("fell_back", Reason.UNREACHABLE)
    assert fell_back.evidence == {"message": label, "to": "channel sms", **evidence}


def test_message_without_a_fallback_for_the_marketing_limit_is_tried_again() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("72h"))
    send(state)
    report(state, Reason.MARKETING_LIMIT)
    assert current_message(state) == (1, 0)
    assert state.next_due() == SOON + MARKETING_LIMIT


def test_message_is_not_tried_again_if_the_next_is_due_at_the_same_time() -> None:
    state = waiting(step("1h"), step("72h"))
    send(state)
    due = current_step(state).due_at
    report(state, Reason.MARKETING_LIMIT, now=due - MARKETING_LIMIT)
    assert current_message(state) == (2, 0)


def test_message_tried_again_does_not_inherit_deferrals_of_the_next() -> None:
    state = waiting(step("1h"), step("72h"))
    send(state)
    apply_delivery(state, current_step(state), None, SENT_AT)
    report(state, Reason.MARKETING_LIMIT)
    progress = state.progress
    assert (progress.deferrals, progress.deferred_since) == (0, None)
    assert state.next_due() == SOON + MARKETING_LIMIT
