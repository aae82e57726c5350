"""What a later event does to a waiting journey, whether pushed to us or found by the exit check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import CART_KINDS, ORDER_KINDS, EventKind
from domain.journey.buffer import possible_triggers, remaining_events
from domain.journey.outcomes import Ending, Evidence, Outcome, Reason, evidence_of
from domain.journey.policy import JourneyPolicy
from domain.stores.config import LowerIntent


@dataclass(frozen=True)
class Postpone:
    """The customer was active again: the delays count from here."""

    left_at: datetime
    event: JourneyEvent
    evidence: Evidence = field(default_factory=dict)
    """Besides the event: where it was found."""


@dataclass(frozen=True)
class JourneySubject:
    """What a waiting journey is about, and its store's rules for later events."""

    trigger: JourneyEvent
    left_at: datetime
    policy: JourneyPolicy

    @property
    def orders_since(self) -> datetime:
        """Since when an order stops the journey: clocks differ, carts are synced after an order."""
        return self.trigger.at - self.policy.order_grace


def review(subject: JourneySubject, events: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    """Decide what accepted events do to a journey; None: nothing.

    An order beats an emptied cart, which beats a higher event, which beats a lower one.
    """
    known = [event for event in events if subject.policy.matters(event)]
    return _decide(subject, later_events(subject, known))


def review_found(
    subject: JourneySubject, events: Sequence[JourneyEvent]
) -> Ending | Postpone | None:
    """Decide what the exit check's events do. We lack their data, so none becomes a trigger.

    A name that we do not know exits, too: partners have their own words for an order.
    """
    decision = _decide(subject, later_events(subject, events))
    if isinstance(decision, Ending):
        reason = decision.reason
        if reason is Reason.SUPERSEDED:
            reason = Reason.CONSECUTIVE_EVENT
        return decision.model_copy(update={"reason": reason, "next_events": ()})
    return decision


def later_events(subject: JourneySubject, events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """The events that are newer than `left_at`, and orders from shortly before the trigger on.

    An order may be reported after what followed it, such as a view of the thank-you page. A
    customer who bought is not asked to buy, also when they looked at something since. Refunds and
    cancellations touch no journey.
    """
    return [
        event
        for event in events
        if event.event_id != subject.trigger.event_id and _is_later(subject, event)
    ]


def _is_later(subject: JourneySubject, event: JourneyEvent) -> bool:
    if event.kind == EventKind.ORDER_PLACED:
        return event.at >= subject.orders_since
    return event.at > subject.left_at and event.kind not in ORDER_KINDS


def _decide(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    return (
        _ordered(subject, later)
        or _emptied(subject, later)
        or _superseded(subject, later)
        or _exited(subject, later)
        or _postponed(subject, later)
    )


def _ordered(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | None:
    order = _newest(later, lambda event: event.kind == EventKind.ORDER_PLACED)
    return _exit(Reason.ORDER_PLACED, order, _remaining(subject, later)) if order else None


def _emptied(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | None:
    if subject.trigger.kind not in CART_KINDS:
        return None
    emptied = _newest(later, lambda event: event.empties_cart)
    return _exit(Reason.CART_EMPTIED, emptied, _remaining(subject, later)) if emptied else None


def _superseded(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | None:
    policy, trigger = subject.policy, subject.trigger
    higher = _newest(
        later, lambda event: policy.is_planned(event) and event.intent >= trigger.intent
    )
    if higher is None:
        return None
    if not possible_triggers(later, policy):  # only an emptied cart: nothing to begin anew with
        return _exit(Reason.CART_EMPTIED, higher, ())
    return _exit(Reason.SUPERSEDED, higher, later)


def _exited(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Ending | None:
    last = _newest(later, lambda event: subject.policy.effect(event) is LowerIntent.EXIT)
    return _exit(Reason.CONSECUTIVE_EVENT, last, later) if last else None


def _postponed(subject: JourneySubject, later: Sequence[JourneyEvent]) -> Postpone | None:
    """Nothing postpones a journey for longer than events are considered, so each one ends."""
    policy, until = subject.policy, subject.trigger.at + subject.policy.max_event_age
    last = _newest(
        later,
        lambda event: policy.effect(event) is LowerIntent.POSTPONE and event.at < until,
    )
    return Postpone(last.at, last) if last else None


def _newest(
    events: Sequence[JourneyEvent], which: Callable[[JourneyEvent], bool]
) -> JourneyEvent | None:
    chosen = (event for event in events if which(event))
    return max(chosen, key=lambda event: (event.at, event.event_id), default=None)


def _remaining(subject: JourneySubject, later: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    return remaining_events(later, subject.policy)


def _exit(reason: Reason, event: JourneyEvent, next_events: Sequence[JourneyEvent]) -> Ending:
    return Ending(
        outcome=Outcome.EXITED,
        reason=reason,
        evidence=evidence_of(event),
        next_events=tuple(next_events),
    )
