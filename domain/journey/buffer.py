"""What a buffer comes to: wait on, nothing left to recover, or the trigger."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import CART_KINDS, EventKind
from domain.journey.outcomes import Ending, Outcome, Reason, evidence_of
from domain.journey.policy import JourneyPolicy

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
    events: Sequence[JourneyEvent], now: datetime, buffer: timedelta, policy: JourneyPolicy
) -> Wait | Ending | Settled:
    """Decide what the buffered events, in any order of arrival, come to.

    Args:
        events: at least one.
        now: the time that it is.
        buffer: how long the customer must have been away.
        policy: the store's.
    """
    left_at = last_active(events, policy)
    if now < left_at + buffer:
        return Wait(left_at + buffer)
    candidates = possible_triggers(events, policy)
    if not candidates:
        return _nothing_left(events, policy)
    return Settled(max(candidates, key=_rank), left_at)


def last_active(events: Sequence[JourneyEvent], policy: JourneyPolicy) -> datetime:
    """When the customer was last seen active; events that the store ignores do not count."""
    counted = [event.at for event in events if policy.matters(event)]
    return max(counted or [event.at for event in events])


def with_accepted(
    events: Sequence[JourneyEvent], accepted: Sequence[JourneyEvent]
) -> list[JourneyEvent]:
    """The buffered events, and those that were accepted and have not reached the journey."""
    known = {event.event_id for event in events}
    return [*events, *(event for event in accepted if event.event_id not in known)]


def without_handled(events: Sequence[JourneyEvent], handled: frozenset[str]) -> list[JourneyEvent]:
    """The events without those that an earlier journey took in; empty if it took in all.

    An event that any journey took in never starts another. An order and an emptied cart still
    take back what came before them.
    """
    if handled.issuperset(event.event_id for event in events):
        return []
    return [event for event in events if event.takes_back or event.event_id not in handled]


def latest_per_kind(events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    """Keep the latest event per kind, emptied carts apart: they decide what the buffer comes to.

    A customer id that a partner gives to all its guests must not outgrow a workflow's input.
    """
    latest: dict[tuple[str, bool], JourneyEvent] = {}
    for event in sorted(events, key=_by_time):
        latest[event.kind, event.empties_cart] = event
    return list(latest.values())


def possible_triggers(events: Sequence[JourneyEvent], policy: JourneyPolicy) -> list[JourneyEvent]:
    """The events that remain, of kinds with a plan."""
    return [event for event in remaining_events(events, policy) if policy.is_planned(event)]


def remaining_events(events: Sequence[JourneyEvent], policy: JourneyPolicy) -> list[JourneyEvent]:
    """The events that neither an order nor a later emptying of the cart took back.

    An order takes back everything up to `order_grace` after it.
    """
    ordered = [event.at for event in events if event.kind == EventKind.ORDER_PLACED]
    over = max(ordered) + policy.order_grace if ordered else _BEFORE_ALL
    emptied_at = _latest(event for event in events if event.empties_cart)
    since = {True: max(over, emptied_at), False: over}
    return [event for event in events if event.at > since[event.kind in CART_KINDS]]


def _latest(events: Iterable[JourneyEvent]) -> datetime:
    return max((event.at for event in events), default=_BEFORE_ALL)


def _rank(event: JourneyEvent) -> tuple[int, datetime, str]:
    """Highest intent, then latest; the id only so that arrival never decides."""
    return (event.intent, event.at, event.event_id)


def _nothing_left(events: Sequence[JourneyEvent], policy: JourneyPolicy) -> Ending:
    """Name the order if it took back everything, apart from the cart emptying itself."""
    others = [event for event in events if not event.empties_cart]
    order = _last(events, lambda event: event.kind == EventKind.ORDER_PLACED)
    if order is not None and not possible_triggers(others, policy):
        return _exited(Reason.ORDER_PLACED, order)
    emptied = _last(events, lambda event: event.empties_cart)
    if emptied is not None:
        return _exited(Reason.CART_EMPTIED, emptied)
    return Ending(outcome=Outcome.SKIPPED, reason=Reason.NO_PLAN)


def _last(
    events: Sequence[JourneyEvent], which: Callable[[JourneyEvent], bool]
) -> JourneyEvent | None:
    return max(filter(which, events), key=_by_time, default=None)


def _exited(reason: Reason, event: JourneyEvent) -> Ending:
    return Ending(outcome=Outcome.EXITED, reason=reason, evidence=evidence_of(event))


def _by_time(event: JourneyEvent) -> tuple[datetime, bool, str]:
    return (event.at, event.kind == EventKind.ORDER_PLACED, event.event_id)
