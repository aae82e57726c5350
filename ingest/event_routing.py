"""Routing a valid event: whose it is, and what is done with it besides storing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.customers import phones
from domain.customers.identity import customer_key, email_hash, keyed_hash, number_hashes
from domain.customers.personal_ids import is_personal
from domain.events import consent
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.events.models import CartUpdate, EventBase
from domain.events.orders import OrderChange, OrderPlaced, read_order
from domain.journey.identity import CustomerRef
from domain.journey.routing import route_event
from domain.messages.click_tokens import tokens_in
from ingest.event_parser import ParsedEvent
from storage import orders
from storage.inbox import NewEvent
from storage.stores import Store


@dataclass(frozen=True)
class PreparedEvent:
    """All of a posted event that is known without the database."""

    store: Store
    parsed: ParsedEvent
    customer: CustomerRef
    address_hash: str | None
    """Of the number that the event names."""
    forms: frozenset[str]
    """Of the number in every form."""
    email_hash: str | None
    order: OrderPlaced | OrderChange | None = None
    """What it says of an order, if it is about one."""
    click_tokens: frozenset[str] = frozenset()
    """In its URLs: of messages whose links were followed, as it seems."""

    @property
    def event(self) -> EventBase:
        """As validated."""
        return self.parsed.event

    @property
    def is_order(self) -> bool:
        """Whether it says that something was ordered."""
        return self.event.event_name == EventKind.ORDER_PLACED

    @property
    def order_key(self) -> str | None:
        """The key of the order that it is about."""
        if self.order is None:
            return None
        return orders.order_key(self.store.hash_key, self.order.order_id, self.event.event_id)

    @property
    def stops(self) -> bool:
        """Whether it stops a journey at once."""
        return self.is_order or self.event.empties_cart

    @property
    def has_personal_id(self) -> bool:
        """Whether its `customer_id` is personal, and stored as it is."""
        customer, config = self.event.customer, self.store.config
        if config.hashes_customer_ids or not customer.customer_id:
            return False
        return is_personal(customer.customer_id, customer.phone, config.default_region)


@dataclass(frozen=True)
class Obstacles:
    """What the database knows against messaging the customer, or signalling the journey."""

    is_suppressed: bool = False
    are_too_many: bool = False
    """Events of this customer in a short time."""


def prepare(store: Store, parsed: ParsedEvent) -> PreparedEvent:
    """Find out whose event it is."""
    customer, parameter = parsed.event.customer, store.config.click_token
    address = phones.to_e164(customer.phone, store.config.default_region)
    customer_id = customer_key(
        store.hash_key,
        customer.customer_id,
        address or customer.phone,
        customer.email,
        hashed=store.config.hashes_customer_ids,
    )
    return PreparedEvent(
        store=store,
        parsed=parsed,
        customer=CustomerRef(store.store_id, customer_id),
        address_hash=keyed_hash(store.hash_key, address) if address else None,
        forms=number_hashes(store.hash_key, address) if address else frozenset(),
        email_hash=email_hash(store.hash_key, customer.email),
        order=read_order(parsed.event.event_name, parsed.body),
        click_tokens=tokens_in(parsed.body, parameter) if parameter else frozenset(),
    )


def route(prepared: PreparedEvent, obstacles: Obstacles, now: datetime) -> NewEvent:
    """The event as the inbox stores it.

    Args:
        prepared: the event.
        obstacles: as the transaction that stores it sees them.
        now: the time of arrival.
    """
    store, parsed = prepared.store, prepared.parsed
    obstacle = _obstacle(prepared, obstacles)
    return NewEvent(
        store_id=store.store_id,
        customer_id=prepared.customer.customer_id,
        event=_journey_event(store, parsed.event),
        body={**parsed.body, **_resolved_fields(parsed.event)},
        routing=route_event(store.config, parsed.event, now, obstacle=obstacle),
        signalled=not obstacles.are_too_many,
        address_hash=prepared.address_hash,
        other_forms=prepared.forms - {prepared.address_hash},
        email_hash=prepared.email_hash,
    )


def _obstacle(prepared: PreparedEvent, obstacles: Obstacles) -> str | None:
    """Why this customer cannot be messaged, in plain words, if so."""
    if not prepared.forms:
        return "no address to message: no valid phone number"
    if obstacles.is_suppressed:
        return "opted out: this number is suppressed"
    required = prepared.store.config.consent == "required"
    if required and not consent.is_granted(prepared.parsed.body):
        return "no consent: this store requires customer.consent with granted, source, timestamp"
    return None


def _resolved_fields(event: EventBase) -> Mapping[str, Any]:
    """What the guide's placeholder meant, for merge fields."""
    return {"sub_event_name": event.sub_event_name} if isinstance(event, CartUpdate) else {}


def _journey_event(store: Store, event: EventBase) -> JourneyEvent:
    return JourneyEvent(
        event_id=event.event_id,
        kind=event.event_name,
        at=event.timestamp,
        intent=store.config.intent(event.event_name),
        empties_cart=event.empties_cart,
    )
