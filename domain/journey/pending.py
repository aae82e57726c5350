"""Deciding what was received while a journey waited: an exit, late failures, later events."""

from datetime import datetime

from domain.journey.delivery import plan_done
from domain.journey.late_failures import process_failures
from domain.journey.later_events import JourneySubject, Postpone
from domain.journey.outcomes import Ending, evidence_of
from domain.journey.state import JourneyState


def process_pending(state: JourneyState, now: datetime) -> Ending | Postpone | None:
    """Decide on everything that was received; an exit comes before everything else."""
    if state.exit is not None:
        return state.requested_exit()
    if (ending := process_failures(state, state.take_failures(), now)) is not None:
        return ending
    if state.progress.next_step() is None:
        return _when_over(state, now)
    return _review(state, state.subject(), now)


def _review(
    state: JourneyState, subject: JourneySubject, now: datetime
) -> Ending | Postpone | None:
    events = state.take_pending()
    decision = state.rules.review(subject, events)
    if decision is None and events:
        because = "not later than left_at, ignored by this store, or too late to postpone"
        state.log.note(now, "events_ignored", because, evidence_of(events[-1]))
    return decision


def _when_over(state: JourneyState, now: datetime) -> Ending | None:
    """The plan is done, and only late failures were waited for: later events end the journey."""
    decision = _review(state, state.subject_when_over(), now)
    if not isinstance(decision, Ending):
        return None
    return plan_done(state.progress).model_copy(update={"next_events": decision.next_events})
