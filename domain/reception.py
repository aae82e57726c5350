"""What becomes of an event on arrival: who is to hear of it, and if nobody, why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.durations import format_duration
from domain.events import EventBase
from domain.kinds import Kind, is_custom
from domain.stores import StoreConfig

FARTHEST_AHEAD = timedelta(minutes=10)
"""How far a partner's clock may be ahead of ours."""


class Delivery(StrEnum):
    """Whom an accepted event is brought to."""

    START = "start"
    """The customer's open journey, or else a new one."""
    INFORM = "inform"
    """The customer's open journey, if there is one: it may end it but cannot start one."""
    KEEP = "keep"
    """Nobody; it is only kept."""


@dataclass(frozen=True)
class Reception:
    """The decision on an arrived event."""

    delivery: Delivery
    ignored_because: str | None = None
    """In plain words; with `INFORM` it holds only when no journey is open."""


def receive(
    config: StoreConfig, event: EventBase, now: datetime, *, obstacle: str | None = None
) -> Reception:
    """Decide what becomes of a valid event.

    Args:
        config: the store's.
        event: as posted.
        now: the time of arrival.
        obstacle: why this customer cannot be messaged, in plain words, if so.
    """
    if now - event.timestamp > config.max_event_age:
        age = format_duration(config.max_event_age)
        return Reception(Delivery.KEEP, f"too old: the store takes events up to {age} back")
    if event.event_name == Kind.ORDER_PLACED:
        return Reception(Delivery.INFORM, "no open journey for this order to end")
    if event.event_name not in config.plans:
        delivery = Delivery.KEEP if is_custom(event.event_name) else Delivery.INFORM
        return Reception(delivery, f"no plan for {event.event_name}")
    if obstacle is not None:
        return Reception(Delivery.INFORM, obstacle)
    return Reception(Delivery.START)
