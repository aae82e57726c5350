"""What a later event does to a waiting journey, whether pushed to us or found by the exit check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.buffer import still_standing
from domain.events import JourneyEvent
from domain.kinds import CART_KINDS, Kind
from domain.outcomes import Ending, Outcome, Reason, about
from domain.stores import LowerIntent


@dataclass(frozen=True)
class Postpone:
    """The customer was active again: the delays count from here."""

    left_at: datetime
    event: JourneyEvent


@dataclass(frozen=True)
class About:
    """What a waiting journey is about, and its store's rule for events of lower intent."""

    trigger: JourneyEvent
    left_at: datetime
    lower_intent_events: LowerIntent


def review(about_what: About, events: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    """Decide what pushed events do to a journey; None: nothing.

    An order beats an emptied cart, which beats a higher event, which beats a lower one.
    """
    later = _later(about_what, events)
    return (
        _ordered(later)
        or _emptied(about_what, later)
        or _superseded(about_what, later)
        or _lower(about_what, later)
    )


def review_found(about_what: About, events: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    """Decide what the exit check's events do. We lack their data, so none becomes a trigger."""
    verdict = review(about_what, events)
    if isinstance(verdict, Ending):
        reason = verdict.reason
        if reason is Reason.SUPERSEDED:
            reason = Reason.CONSECUTIVE_EVENT
        return verdict.model_copy(update={"reason": reason, "next_events": ()})
    return verdict


def _later(about_what: About, events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    trigger = about_what.trigger
    return [
        event
        for event in events
        if event.event_id != trigger.event_id and counts(event, trigger.at, about_what.left_at)
    ]


def counts(event: JourneyEvent, trigger_at: datetime, left_at: datetime) -> bool:
    """Whether an event is a later one: newer than `left_at`, or an order since the trigger.

    An order may be reported after what followed it, such as a view of the thank-you page. Whoever
    bought what the journey is about is not asked to, whatever they looked at since.
    """
    if event.kind == Kind.ORDER_PLACED:
        return event.at >= trigger_at
    return event.at > left_at


def _ordered(later: Sequence[JourneyEvent]) -> Ending | None:
    order = _newest(later, lambda event: event.kind == Kind.ORDER_PLACED)
    return _exit(Reason.ORDER_PLACED, order, still_standing(later)) if order else None


def _emptied(about_what: About, later: Sequence[JourneyEvent]) -> Ending | None:
    if about_what.trigger.kind not in CART_KINDS:
        return None
    emptied = _newest(later, lambda event: event.empties_cart)
    return _exit(Reason.CART_EMPTIED, emptied, still_standing(later)) if emptied else None


def _superseded(about_what: About, later: Sequence[JourneyEvent]) -> Ending | None:
    higher = _newest(later, lambda event: event.intent >= about_what.trigger.intent)
    if higher is None:
        return None
    if not still_standing(later):  # only an emptied cart: there is nothing to begin anew with
        return _exit(Reason.CART_EMPTIED, higher, ())
    return _exit(Reason.SUPERSEDED, higher, later)


def _lower(about_what: About, later: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    lower = _newest(later, lambda _: True)
    if lower is None or about_what.lower_intent_events is LowerIntent.IGNORE:
        return None
    if about_what.lower_intent_events is LowerIntent.POSTPONE:
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
        evidence=about(event),
        next_events=tuple(next_events),
    )
