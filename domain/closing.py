"""What remains when a journey has ended: a record of it, and perhaps the next journey."""

from collections.abc import Sequence
from datetime import datetime

from domain.buffer import still_standing
from domain.events import JourneyEvent
from domain.journey import JourneyState
from domain.later_events import review
from domain.outcomes import ClosedJourney, Ending, Reason


def record(state: JourneyState, run_id: str, now: datetime) -> ClosedJourney:
    """What is kept of a journey once it has ended.

    Raises:
        ValueError: it has not.
    """
    if state.ending is None:
        raise ValueError("an open journey has no outcome")
    return ClosedJourney(
        run_id=run_id,
        store_id=state.store_id,
        customer_id=state.customer_id,
        trigger=state.trigger,
        left_at=state.left_at,
        outcome=state.ending.outcome,
        reason=state.ending.reason,
        evidence=state.ending.evidence,
        decisions=state.decisions,
        closed_at=now,
    )


def left_over(state: JourneyState) -> list[JourneyEvent]:
    """The events that the next journey of this customer begins with, if any.

    Those that ended this one, and those that arrived while it closed.
    """
    if _exited_meanwhile(state):
        return []
    following = list(state.ending.next_events) if state.ending else []
    arrived = state.take_pending()
    if following or state.trigger is None or state.exit is not None:
        following += arrived
    else:
        following = _beginning(state, arrived)
    return following if still_standing(following) else []


def _exited_meanwhile(state: JourneyState) -> bool:
    """Whether an exit arrived after the journey had ended for another reason."""
    by_exit = (Reason.OPERATOR, Reason.OPTED_OUT)
    return (
        state.exit is not None and state.ending is not None and state.ending.reason not in by_exit
    )


def _beginning(state: JourneyState, arrived: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """What is new to a journey that is over: now also what its store would have ignored."""
    verdict = review(state.subject_when_over(), arrived)
    return list(verdict.next_events) if isinstance(verdict, Ending) else []


def successor(state: JourneyState, events: Sequence[JourneyEvent]) -> JourneyState:
    """The state that the next journey of this customer begins with."""
    return JourneyState(
        store_id=state.store_id,
        customer_id=state.customer_id,
        buffer=state.buffer,
        pending=list(events),
        seen=state.seen,
    )
