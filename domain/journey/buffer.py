"""What a buffer comes to: wait on, nothing left to recover, or the trigger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import CART_KINDS, EventKind
from domain.journey.outcomes import Ending, Outcome, Reason, evidence_of

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Wait:
    """The customer is still active: look again at `until`."""

    until: datetime


@dataclass(frozen=True)
class Settled:
    """The buffer has passed and left one event to be about."""

    trigger: JourneyEvent
    left_at: datetime


def settle(
    events: Sequence[JourneyEvent], now: datetime, buffer: timedelta
) -> Wait | Ending | Settled:
    """Decide what the buffered events, come to, in any order of arrival.

    Args:
        events: at least one.
        now: the time that it is.
        buffer: how long the customer must have been away.
    """
    left_at = max(event.at for event in events)
    if now < left_at + buffer:
        return Wait(left_at + buffer)
    remaining = remaining_events(events)
    if not remaining:
        return _nothing_left(events)
    return Settled(max(remaining, key=_rank), left_at)


def latest_per_kind(events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """Keep the latest event per kind, emptied carts apart: they decide what the buffer comes to.

    A customer id that a partner gives to all its guests must not outgrow a workflow's input.
    """
    latest: dict[tuple[str, bool], JourneyEvent] = {}
    for event in sorted(events, key=_by_time):
        latest[event.kind, event.empties_cart] = event
    return list(latest.values())


def remaining_events(events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """The events that neither a later order nor a later emptying of the cart took back."""
    ordered_at = _latest(event for event in events if event.kind == EventKind.ORDER_PLACED)
    emptied_at = _latest(event for event in events if event.empties_cart)
    since = {True: max(ordered_at, emptied_at), False: ordered_at}
    return [event for event in events if event.at > since[event.kind in CART_KINDS]]


def _latest(events: Iterable[JourneyEvent]) -> datetime:
    return max((event.at for event in events), default=_BEFORE_ALL)


def _rank(event: JourneyEvent) -> tuple[int, datetime, str]:
    """Highest intent, then latest; the id only so that arrival never decides."""
    return (event.intent, event.at, event.event_id)


def _nothing_left(events: Sequence[JourneyEvent]) -> Ending:
    """Name the order if it is what the customer did last, apart from the cart emptying itself."""
    last = max((e for e in events if not e.empties_cart), key=_by_time, default=None)
    if last is not None and last.kind == EventKind.ORDER_PLACED:
        return Ending(
            outcome=Outcome.EXITED, reason=Reason.ORDER_PLACED, evidence=evidence_of(last)
        )
    emptied = max((event for event in events if event.empties_cart), key=_by_time)
    return Ending(outcome=Outcome.EXITED, reason=Reason.CART_EMPTIED, evidence=evidence_of(emptied))


def _by_time(event: JourneyEvent) -> tuple[datetime, bool, str]:
    return (event.at, event.kind == EventKind.ORDER_PLACED, event.event_id)
