"""What the buffer comes to: wait on, nothing left to recover, or the trigger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.events import JourneyEvent
from domain.kinds import CART_KINDS, Kind
from domain.outcomes import Ending, Outcome, Reason, about


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
    """Decide what the buffered events, in whatever order they arrived, come to.

    Args:
        events: at least one.
        now: the time that it is.
        buffer: how long the customer must have been away.
    """
    left_at = max(event.at for event in events)
    if now < left_at + buffer:
        return Wait(left_at + buffer)
    standing = still_standing(events)
    if not standing:
        return _taken_back(events)
    return Settled(max(standing, key=_rank), left_at)


def essential(events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """As many of very many events as decide what the buffer comes to: the latest of each sort.

    A customer id that a partner gives to all its guests must not outgrow a workflow's input.
    """
    latest: dict[tuple[str, bool], JourneyEvent] = {}
    for event in sorted(events, key=_when):
        latest[event.kind, event.empties_cart] = event
    return list(latest.values())


def still_standing(events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """The events that neither a later order nor a later emptying of the cart took back."""
    ordered = [event.at for event in events if event.kind == Kind.ORDER_PLACED]
    emptied = [event.at for event in events if event.empties_cart]
    return [
        event
        for event in events
        if event.kind != Kind.ORDER_PLACED
        and all(event.at > at for at in ordered)
        and (event.kind not in CART_KINDS or all(event.at > at for at in emptied))
    ]


def _rank(event: JourneyEvent) -> tuple[int, datetime, str]:
    """Highest intent, then latest; the id only so that arrival never decides."""
    return (event.intent, event.at, event.event_id)


def _taken_back(events: Sequence[JourneyEvent]) -> Ending:
    """Name the order if it is what the customer did last, apart from the cart emptying itself."""
    last = max((e for e in events if not e.empties_cart), key=_when, default=None)
    if last is not None and last.kind == Kind.ORDER_PLACED:
        return Ending(outcome=Outcome.EXITED, reason=Reason.ORDER_PLACED, evidence=about(last))
    emptied = max((event for event in events if event.empties_cart), key=_when)
    return Ending(outcome=Outcome.EXITED, reason=Reason.CART_EMPTIED, evidence=about(emptied))


def _when(event: JourneyEvent) -> tuple[datetime, bool, str]:
    return (event.at, event.kind == Kind.ORDER_PLACED, event.event_id)
