"""Failures that Meta reports after it accepted a message: a fallback, another try, or the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.journey.activity_results import MessageFailed
from domain.journey.delivery import note_fallback
from domain.journey.outcomes import Ending, Outcome, Reason
from domain.journey.state import JourneyState
from domain.journey.step_progress import MessageNumber, StepProgress
from domain.messages.pacing import MARKETING_LIMIT


def process_failures(
    state: JourneyState, failures: Sequence[MessageFailed], now: datetime
) -> Ending | None:
    """Decide on late failures; an ending when nothing can reach the customer any more."""
    for failed in failures:
        _process(state, failed, now)
    unreachable = [failed for failed in failures if failed.reason is Reason.UNREACHABLE]
    if not unreachable or _may_reach(state.progress, now):
        return None
    evidence = _evidence_of(unreachable[0])
    return Ending(outcome=Outcome.SKIPPED, reason=Reason.UNREACHABLE, evidence=evidence)


def _may_reach(progress: StepProgress, now: datetime) -> bool:
    """Whether the current step, or a later one, may reach the customer."""
    step = progress.next_step()
    if step is not None and progress.current_message(step) is not None:
        return True
    return progress.may_still_reach(progress.steps_done, now)


def _process(state: JourneyState, failed: MessageFailed, now: datetime) -> None:
    state.log.note(now, "message_failed", failed.reason, _evidence_of(failed))
    progress = state.progress
    progress.unreachable = progress.unreachable or failed.reason is Reason.UNREACHABLE
    if _in_time(progress, failed, now) and _fall_back(state, failed, now):
        return
    if failed.reason is Reason.MARKETING_LIMIT:
        _try_again_later(state, failed, now)


def _in_time(progress: StepProgress, failed: MessageFailed, now: datetime) -> bool:
    """Whether the failure may lead to a fallback; it is not awaited any more."""
    if _number(failed) != progress.awaited:
        return False
    in_time = progress.fallback_window(now) > timedelta(0)
    progress.stop_awaiting()
    return in_time


def _fall_back(state: JourneyState, failed: MessageFailed, now: datetime) -> bool:
    """Send the fallback of the message's step; False if it has none for this failure."""
    progress, number_in_plan = state.progress, failed.step - 1
    if number_in_plan >= len(progress.plan.steps):
        return False
    step = progress.plan.steps[number_in_plan]
    number = progress.fallback_for(step, failed.fallback, failed.reason)
    if number is None:
        return False
    progress.take_back(_number(failed))
    progress.fell_back(number, failed.reason)
    note_fallback(state, step, _evidence_of(failed), now)
    return True


def _try_again_later(state: JourneyState, failed: MessageFailed, now: datetime) -> None:
    """Send the last message again a day later, if the next one is not due before that.

    Not after the last step; no daily loop.
    """
    again_at, upcoming = failed.at + MARKETING_LIMIT, state.progress.next_step()
    is_last = state.progress.is_last(_number(failed))
    if not is_last or upcoming is None or upcoming.due_at <= again_at:
        return
    state.progress.take_back(_number(failed))
    state.progress.not_before = again_at
    state.log.note(now, "message_deferred", failed.reason, {"until": again_at.isoformat()})


def _number(failed: MessageFailed) -> MessageNumber:
    return failed.step, failed.fallback


def _evidence_of(failed: MessageFailed) -> dict[str, str]:
    return {"message_id": failed.message_id, "step": str(failed.step)}
