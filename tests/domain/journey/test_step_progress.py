"""The current step, its current message, and what an unreachable customer may still get."""

from datetime import timedelta

import pytest

from domain.journey.delivery import apply_send_result
from domain.journey.outcomes import Reason
from domain.journey.step_progress import StepProgress
from tests.domain.builders import NOON, step
from tests.domain.journey.builders import (
    PLAIN,
    SENT,
    SMS,
    TO_SMS,
    current_message,
    current_step,
    waiting,
)

CHANNEL_STEP = {"after": "2h", **SMS}


def test_progress_without_a_plan_has_no_step() -> None:
    progress = StepProgress()
    assert progress.next_step() is None
    assert progress.next_due() is None


@pytest.mark.parametrize(
    ("planned", "unreachable", "expected"),
    [
        (step("1h"), False, 0),
        (step("1h"), True, None),
        (step("1h", fallbacks=[TO_SMS]), True, 1),
        (step("1h", fallbacks=[{**PLAIN, "on": ["send_failed"]}, TO_SMS]), True, 2),
        (step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]), True, None),
        (CHANNEL_STEP, False, 0),
        (CHANNEL_STEP, True, 0),
    ],
)
def test_current_message_of_an_unreachable_customer_is_by_channel(
    planned: dict[str, object], unreachable: bool, expected: int | None
) -> None:
    state = waiting(planned)
    state.progress.unreachable = unreachable
    assert current_message(state) == (1, expected)
    assert state.progress.current_number(current_step(state)) == (expected or 0)


@pytest.mark.parametrize(
    ("later", "reaches"),
    [
        (step("2h"), False),
        (step("2h", fallbacks=[{**SMS, "on": ["send_failed"]}]), False),
        (step("2h", fallbacks=[TO_SMS]), True),
        (CHANNEL_STEP, True),
    ],
)
def test_unreachable_customer_may_get_a_later_step_by_channel(
    later: dict[str, object], reaches: bool
) -> None:
    progress = waiting(step("1h"), later).progress
    assert progress.may_still_reach(1, NOON) is reaches
    assert not progress.may_still_reach(2, NOON)


def test_message_that_cannot_reach_the_customer_is_not_waited_for() -> None:
    state = waiting(step("1h"))
    progress, planned = state.progress, current_step(state)
    assert progress.unsendable_reason(planned, NOON) is None
    assert progress.time_until(planned, NOON) == timedelta(hours=1)
    progress.unreachable = True
    assert progress.unsendable_reason(planned, NOON) is Reason.UNREACHABLE
    assert progress.time_until(planned, NOON) == timedelta(0)


def test_expired_message_is_not_waited_for() -> None:
    state = waiting(step("1h", expires_after="1h"))
    later = NOON + timedelta(hours=2)
    assert state.progress.unsendable_reason(current_step(state), later) is Reason.EXPIRED
    assert state.progress.time_until(current_step(state), later) == timedelta(0)


def test_summary_has_the_label_and_the_sender() -> None:
    state = waiting(step("1h"), CHANNEL_STEP)
    first = current_step(state)
    assert state.progress.summary(first) == f"{first.label}: reminder"
    apply_send_result(state, first, SENT, NOON)
    second = current_step(state)
    assert state.progress.summary(second) == f"{second.label}: channel sms"


def test_fallback_window_lasts_as_long_as_the_step_says() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS], fallback_within="10m"), step("2h"))
    apply_send_result(state, current_step(state), SENT, NOON)
    assert state.progress.fallback_window(NOON) == timedelta(minutes=10)
    assert state.progress.fallback_window(NOON + timedelta(minutes=11)) == timedelta(0)
    apply_send_result(state, current_step(state), SENT, NOON)
    assert state.progress.fallback_window(NOON) == timedelta(0)


def test_last_message_is_the_one_of_the_last_step_done() -> None:
    state = waiting(step("1h"), step("2h"))
    assert not state.progress.is_last((0, 0))
    apply_send_result(state, current_step(state), SENT, NOON)
    assert state.progress.is_last((1, 0))
    assert not state.progress.is_last((1, 1))
    state.progress.skipped(state.log.note(NOON, "message_skipped", Reason.EXPIRED))
    assert not state.progress.is_last((1, 0))
