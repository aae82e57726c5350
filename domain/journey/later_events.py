"""What a later event does to a waiting journey, whether pushed to us or found by the exit check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import CART_KINDS, EventKind
from domain.journey.buffer import remaining_events
from domain.journey.outcomes import Ending, Outcome, Reason, evidence_of
from domain.stores.config import LowerIntent


@dataclass(frozen=True)
class Postpone:
    """The customer was active again: the delays count from here."""

    left_at: datetime
    event: JourneyEvent


@dataclass(frozen=True)
class JourneySubject:
    """What a waiting journey is about, and its store's rule for events of lower intent."""

    trigger: JourneyEvent
    left_at: datetime
    lower_intent_events: LowerIntent


def review(subject: JourneySubject, events: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    """Decide what pushed events do to a journey; None: nothing.

    An order beats an emptied cart, which beats a higher event, which beats a lower one.
    """
    later = _later(subject, events)
    return (
        _ordered(later)
        or _emptied(subject, later)
        or _superseded(subject, later)
        or _lower(subject, later)
    )


def review_found(
    subject: JourneySubject, events: Sequence[JourneyEvent]
) -> Ending | Postpone | None:
    """Decide what the exit check's events do. We lack their data, so none becomes a trigger."""
    decision = review(subject, events)
    if isinstance(decision, Ending):
        reason = decision.reason
        if reason is Reason.SUPERSEDED:
            reason = Reason.CONSECUTIVE_EVENT
        return decision.model_copy(update={"reason": reason, "next_events": ()})
    return decision


def _later(subject: JourneySubject, events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    trigger = subject.trigger
    return [
        event
        for event in events
        if event.event_id != trigger.event_id and is_later(event, trigger.at, subject.left_at)
    ]


def is_later(event: JourneyEvent, trigger_at: datetime, left_at: datetime) -> bool:
    """Whether an event is a later one: newer than `left_at`, or an order since the trigger.

    An order may be reported after what followed it, such as a view of the thank-you page. A
    customer who bought is not asked to buy, also when they looked at something since.
    """
    if event.kind == EventKind.ORDER_PLACED:
        return event.at >= trigger_at
    return event.at > left_at


def _ordered(later: Sequence[JourneyEvent]) -> Ending | None:
    order = _newest(later, lambda event: event.kind == EventKind.ORDER_PLACED)
    return _exit(Reason.ORDER_PLACED, order, remaining_events(later)) if order else None


def _emptied(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | None:
    if subject.trigger.kind not in CART_KINDS:
        return None
    emptied = _newest(later, lambda event: event.empties_cart)
    return _exit(Reason.CART_EMPTIED, emptied, remaining_events(later)) if emptied else None


def _superseded(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | None:
    higher = _newest(later, lambda event: event.intent >= subject.trigger.intent)
    if higher is None:
        return None
    if not remaining_events(later):  # only an emptied cart: there is nothing to begin anew with
        return _exit(Reason.CART_EMPTIED, higher, ())
    return _exit(Reason.SUPERSEDED, higher, later)


def _lower(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    lower = _newest(later, lambda _: True)
    if lower is None or subject.lower_intent_events is LowerIntent.IGNORE:
        return None
    if subject.lower_intent_events is LowerIntent.POSTPONE:
        return Postpone(lower.at, lower)
    return _exit(Reason.CONSECUTIVE_EVENT, lower, later)


def _newest(
    events: Sequence[JourneyEvent], which: Callable[[JourneyEvent], bool]
) -> JourneyEvent | None:
    chosen = (event for event in events if which(event))
    return max(chosen, key=lambda event: (event.at, event.event_id), default=None)


def _exit(reason: Reason, event: JourneyEvent, next_events: Sequence[JourneyEvent]) -> Ending:
    return Ending(
        outcome=Outcome.EXITED,
        reason=reason,
        evidence=evidence_of(event),
        next_events=tuple(next_events),
    )
