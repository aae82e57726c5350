"""Routing: whether an arrived event is stored only, signalled, or may start a journey."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.events.kinds import ORDER_KINDS, EventKind, is_custom
from domain.events.models import EventBase
from domain.stores.config import StoreConfig, Unplanned
from domain.values.durations import format_duration

MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far a partner's clock may be ahead of ours."""


MAX_SIGNALS = 300
"""Signals to one customer's journeys within their store's buffer, or `MIN_SIGNAL_WINDOW`. More
events, of a bot or a shared id, are kept and read by journeys: Temporal takes 10,000 in a run."""

MAX_STOPPING_SIGNALS = 2000
"""The same for orders and emptied carts, which stop a journey at once."""

MIN_SIGNAL_WINDOW = timedelta(hours=1)


class Delivery(StrEnum):
    """What is done with an accepted event, besides storing it.

    The values are what the inbox stores; processes of an older release read and write them, too.
    """

    SIGNAL_OR_START = "start"
    """Signal the customer's open journey, or start one."""
    SIGNAL_ONLY = "inform"
    """Signal the customer's open journey, if there is one: the event can end it, not start one."""
    STORE_ONLY = "keep"
    """Nothing."""


@dataclass(frozen=True)
class Routing:
    """The decision on an arrived event."""

    delivery: Delivery
    ignored_because: str | None = None
    """In plain words; with `SIGNAL_ONLY` it holds only when no journey is open.

    None: the event is accepted, whether or not a journey is open.
    """


def route_event(
    config: StoreConfig, event: EventBase, now: datetime, *, obstacle: str | None = None
) -> Routing:
    """Decide what becomes of a valid event.

    Args:
        config: the store's.
        event: as posted.
        now: the time of arrival.
        obstacle: why this customer cannot be messaged, in plain words, if so.
    """
    if event.event_name in ORDER_KINDS:
        return _about_order(event.event_name)
    if now - event.timestamp > config.max_event_age:
        age = format_duration(config.max_event_age)
        return Routing(Delivery.STORE_ONLY, f"too old: the store takes events up to {age} back")
    if config.plan_for(event.event_name) is None:
        return _without_plan(config, event)
    if obstacle is not None:
        return Routing(Delivery.SIGNAL_ONLY, obstacle)
    return Routing(Delivery.SIGNAL_OR_START)


def _about_order(kind: str) -> Routing:
    """An order of any age ends journeys; what becomes of it later is kept for results."""
    is_new = kind == EventKind.ORDER_PLACED
    return Routing(Delivery.SIGNAL_ONLY if is_new else Delivery.STORE_ONLY)


def _without_plan(config: StoreConfig, event: EventBase) -> Routing:
    """A browsing event tells an open journey that the customer is active, where a store minds.

    An emptied cart always counts: a journey about a checkout ends with it.
    """
    because = f"no plan for {event.event_name}"
    if is_custom(event.event_name):
        return Routing(Delivery.STORE_ONLY, because)
    if config.unplanned_events is Unplanned.IGNORE and not event.empties_cart:
        return Routing(Delivery.STORE_ONLY, f"{because}, and unplanned_events is ignore")
    return Routing(Delivery.SIGNAL_ONLY, because)
