"""What remains when a journey has ended: a record of it, and perhaps the next journey."""

from collections.abc import Sequence
from datetime import datetime

from domain.events.journey_event import JourneyEvent
from domain.journey.buffer import possible_triggers
from domain.journey.outcomes import (
    ClosedJourney,
    Ending,
    JourneyRecord,
    Outcome,
    Reason,
    evidence_of,
)
from domain.journey.rules import NEWEST_RULES
from domain.journey.state import JourneyState


def record(state: JourneyState, run_id: str, now: datetime) -> JourneyRecord:
    """What is stored once a journey has ended: its outcome, and which events it took in.

    Those that the next journey begins with are not taken in.

    Raises:
        ValueError: it has not.
    """
    if state.ending is None:
        raise ValueError("an open journey has no outcome")
    next_ids = [event.event_id for event in next_events(state)]
    taken = [each for each in state.seen if each not in next_ids]
    return JourneyRecord(
        journey=_closed(state, state.ending, run_id, now),
        taken=taken,
        up_to=state.left_at if state.first_left_at else None,
        next=next_ids,
    )


def _closed(state: JourneyState, ending: Ending, run_id: str, now: datetime) -> ClosedJourney:
    return ClosedJourney(
        run_id=run_id,
        store_id=state.store_id,
        customer_id=state.customer_id,
        trigger=state.trigger,
        left_at=state.left_at,
        outcome=ending.outcome,
        reason=ending.reason,
        evidence=ending.evidence,
        decisions=state.decisions,
        closed_at=now,
    )


def already_handled(state: JourneyState) -> Ending:
    """The ending of a journey whose events all had a journey: they were delivered twice."""
    return Ending(
        outcome=Outcome.SKIPPED,
        reason=Reason.ALREADY_HANDLED,
        evidence=evidence_of(state.trigger) if state.trigger else {},
    )


def next_events(state: JourneyState) -> list[JourneyEvent]:
    """The events that the next journey of this customer begins with, if any.

    Those that ended this one, and those that arrived while it closed.
    """
    if _exited_meanwhile(state):
        return []
    following = _following(state)
    return following if possible_triggers(following, state.policy) else []


def _following(state: JourneyState) -> list[JourneyEvent]:
    ended_by = list(state.ending.next_events) if state.ending else []
    arrived = list(state.pending)
    if ended_by or state.trigger is None or state.exit is not None:
        return ended_by + arrived
    return _later_than(state, arrived)


def _exited_meanwhile(state: JourneyState) -> bool:
    """Whether an exit arrived after the journey had ended for another reason."""
    if state.exit is None or state.ending is None:
        return False
    return state.ending.reason not in {Reason.OPERATOR, Reason.OPTED_OUT}


def _later_than(state: JourneyState, arrived: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """The events that are new to a journey that is over, also those its store would ignore."""
    decision = state.rules.review(state.subject_when_over(), arrived)
    return list(decision.next_events) if isinstance(decision, Ending) else []


def next_journey(state: JourneyState, events: Sequence[JourneyEvent]) -> JourneyState:
    """The state that the next journey of this customer begins with."""
    return JourneyState(
        store_id=state.store_id,
        customer_id=state.customer_id,
        rules_version=NEWEST_RULES,
        buffer=state.buffer,
        policy=state.policy,
        pending=list(events),
        seen=state.seen,
    )
