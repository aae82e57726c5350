"""Deciding on a step's message: what the exit check found, and what became of the message."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from domain.journey.activity_results import (
    EARLIER_OUTCOME,
    DeliverResult,
    ExitCheckResult,
    SendResult,
    SendStatus,
)
from domain.journey.later_events import Postpone
from domain.journey.outcomes import (
    EXIT_CHECK,
    FOUND_BY,
    Ending,
    Evidence,
    Held,
    Outcome,
    Reason,
)
from domain.journey.plan import PlannedStep
from domain.journey.state import JourneyState
from domain.journey.step_progress import StepProgress
from domain.stores.config import OnFailure

GIVE_UP_AFTER = timedelta(days=2)
"""A message that is deferred for longer than this is left out: every journey ends."""

FIRST_DEFERRAL, MAX_DEFERRAL = timedelta(minutes=1), timedelta(hours=1)
"""How long a message that could not be sent waits, doubling, before everything is checked again."""


def apply_delivery(
    state: JourneyState, step: PlannedStep, result: DeliverResult | None, now: datetime
) -> Ending | Postpone | None:
    """Decide what delivering a step's message came to.

    Args:
        state: of the journey.
        step: whose message it is.
        result: None: the activity failed after its retries, and provably sent nothing.
        now: the time.
    """
    if result is None:
        defer(state, step, Reason.SEND_FAILED, None, now)
        return None
    if result.check is not None:
        decision = _apply_check(state, step, result.check, now)
        if decision is not None:
            return decision
    if result.send is not None:
        return apply_send_result(state, step, result.send, now)
    if state.progress.next_step() == step:  # the check decided there, and not here: never a loop
        defer(state, step, Reason.SEND_FAILED, None, now)
    return None


def _apply_check(
    state: JourneyState, step: PlannedStep, check: ExitCheckResult, now: datetime
) -> Ending | Postpone | None:
    if check.failure is not None:
        _check_failed(state, step, check.failure, now)
        return None
    asked = {"asked_at": check.asked_at.isoformat(), "recent_events": str(check.seen)}
    decision = state.rules.review_found(state.subject(), check.events)
    if decision is None:
        because = "the partner knows of no later event that ends the journey"
        state.log.note(now, "exit_check_passed", because, {FOUND_BY: EXIT_CHECK, **asked})
    return _found_by(EXIT_CHECK, decision, asked)


def _found_by(
    where: str, decision: Ending | Postpone | None, evidence: Evidence
) -> Ending | Postpone | None:
    """The decision, with where its event was found."""
    if decision is None:
        return None
    found = {**decision.evidence, FOUND_BY: where, **evidence}
    if isinstance(decision, Postpone):
        return replace(decision, evidence=found)
    return decision.model_copy(update={"evidence": found})


def _check_failed(state: JourneyState, step: PlannedStep, failure: str, now: datetime) -> None:
    """The partner's failure is the store's to decide on."""
    on_failure = state.progress.plan.on_failure
    evidence = {"failure": failure, "on_failure": on_failure.value}
    if on_failure is OnFailure.SEND:
        state.log.note(now, "exit_check_failed", Reason.EXIT_API_UNAVAILABLE, evidence)
    else:
        skip(state, step, Reason.EXIT_API_UNAVAILABLE, evidence, now)


def apply_send_result(
    state: JourneyState, step: PlannedStep, result: SendResult, now: datetime
) -> Ending | Postpone | None:
    """Decide what became of a message: sent, left out, deferred, held, or the journey's end."""
    if _fall_back(state, step, result, now):
        return None
    return _BY_STATUS[result.status](state, step, result, now)


def _sent(state: JourneyState, step: PlannedStep, result: SendResult, now: datetime) -> None:
    number = state.progress.current_number(step)
    state.progress.sent(step, now)
    unsure = result.status is SendStatus.UNKNOWN
    decision = "message_unconfirmed" if unsure else "message_sent"
    fell_back = number and EARLIER_OUTCOME not in result.evidence
    by = {"by": step.sender(number)} if fell_back else {}
    state.log.note(now, decision, step.label, {**result.evidence, **by})


def _skipped(state: JourneyState, step: PlannedStep, result: SendResult, now: datetime) -> None:
    skip(state, step, _reason(result), result.evidence, now)


def _deferred(state: JourneyState, step: PlannedStep, result: SendResult, now: datetime) -> None:
    defer(state, step, _reason(result), result.until or now, now, result.evidence)


def _held(state: JourneyState, _: PlannedStep, result: SendResult, now: datetime) -> None:
    reason, evidence = result.reason or Reason.STORE_PAUSED, result.evidence
    because = evidence.get("because") or str(reason)
    state.hold(Held(reason=reason, because=because, template=result.template, since=now))


def _overtaken(
    state: JourneyState, step: PlannedStep, result: SendResult, now: datetime
) -> Ending | Postpone | None:
    """The claim judged by the journey's own rules, so the decision is the same here."""
    state.take_in(result.events)
    decision = state.rules.review(state.subject(), result.events)
    if decision is None:
        defer(state, step, Reason.SEND_FAILED, None, now)
    return _found_by("inbox", decision, {})


def _ended(
    state: JourneyState, step: PlannedStep, result: SendResult, now: datetime
) -> Ending | None:
    reason = _reason(result)
    if _may_continue(state.progress, reason, now):
        skip(state, step, reason, result.evidence, now)
        return None
    return Ending(outcome=result.outcome, reason=reason, evidence=result.evidence)


_BY_STATUS: Final[
    Mapping[
        SendStatus,
        Callable[[JourneyState, PlannedStep, SendResult, datetime], Ending | Postpone | None],
    ]
] = {
    SendStatus.ACCEPTED: _sent,
    SendStatus.UNKNOWN: _sent,
    SendStatus.SKIPPED: _skipped,
    SendStatus.DEFERRED: _deferred,
    SendStatus.HELD: _held,
    SendStatus.ENDED: _ended,
    SendStatus.OVERTAKEN: _overtaken,
}
"""What each status of a message does to its journey."""


def _reason(result: SendResult) -> Reason:
    return result.reason or Reason.SEND_FAILED


def _may_continue(progress: StepProgress, reason: Reason, now: datetime) -> bool:
    """Whether a later step may reach a customer whom WhatsApp does not reach."""
    return reason is Reason.UNREACHABLE and progress.may_still_reach(progress.steps_done + 1, now)


def _fall_back(state: JourneyState, step: PlannedStep, result: SendResult, now: datetime) -> bool:
    """Make the step's fallback for this failure its current message, if it has one."""
    progress, failure = state.progress, result.reason
    tried = progress.current_number(step)
    progress.unreachable = progress.unreachable or failure is Reason.UNREACHABLE
    number = progress.fallback_for(step, tried, failure)
    tried_again = result.status is SendStatus.DEFERRED and failure is Reason.SEND_FAILED
    if failure is None or number is None or tried_again:
        return False
    progress.fell_back(number, failure)
    note_fallback(state, step, result.evidence, now)
    return True


def note_fallback(
    state: JourneyState, step: PlannedStep, evidence: Evidence, now: datetime
) -> None:
    """Log the fallback that is the step's current message."""
    progress = state.progress
    to = {"message": step.label, "to": step.sender(progress.fallback)}
    state.log.note(now, "fell_back", str(progress.fallback_because), {**to, **evidence})


def skip(
    state: JourneyState, step: PlannedStep, reason: Reason, evidence: Evidence, now: datetime
) -> None:
    """Leave one message out, and go on to the next step."""
    message = {"message": step.label, **evidence}
    state.progress.skipped(state.log.note(now, "message_skipped", reason, message))


def defer(  # noqa: PLR0913, PLR0917  # what a deferral is made of
    state: JourneyState,
    step: PlannedStep,
    reason: Reason,
    until: datetime | None,
    now: datetime,
    evidence: Evidence | None = None,
) -> None:
    """Put one message off, or leave it out when that goes on for too long.

    Args:
        state: of the journey.
        step: whose message it is.
        reason: why it is not sent now.
        until: None: longer each time.
        now: the time.
        evidence: what it rests on.
    """
    progress = state.progress
    wait = min(FIRST_DEFERRAL * 2 ** min(progress.deferrals, 10), MAX_DEFERRAL)
    again_at = until or now + wait
    if again_at - (progress.deferred_since or now) > GIVE_UP_AFTER:
        skip(state, step, reason, {"deferrals": str(progress.deferrals)}, now)
        return
    progress.deferred(again_at, now)
    state.log.note(
        now, "message_deferred", reason, {"until": again_at.isoformat(), **(evidence or {})}
    )


def plan_done(progress: StepProgress) -> Ending:
    """The ending of a journey that went through its plan."""
    if progress.messages_sent or progress.last_skip is None:
        return Ending(outcome=Outcome.MESSAGED, reason=Reason.PLAN_DONE)
    skipped = progress.last_skip
    reason = Reason(skipped.because)
    return Ending(outcome=Outcome.SKIPPED, reason=reason, evidence=skipped.evidence)
