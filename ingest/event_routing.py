"""Routing a valid event: whose it is, and what is done with it besides storing it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers import phones
from domain.customers.identity import customer_key, email_hash, keyed_hash, number_hashes
from domain.events import consent
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.events.models import CartUpdate, EventBase
from domain.journey.identity import CustomerRef
from domain.journey.routing import (
    MAX_SIGNALS,
    MAX_STOPPING_SIGNALS,
    MIN_SIGNAL_WINDOW,
    route_event,
)
from ingest.event_parser import ParsedEvent
from storage import aliases, bursts, suppressions
from storage.inbox import NewEvent
from storage.stores import Store


async def new_event(
    connection: AsyncConnection, store: Store, parsed: ParsedEvent, now: datetime
) -> NewEvent:
    """The event as the inbox stores it.

    Args:
        connection: of the transaction that stores it.
        store: whose event it is.
        parsed: the event, and its body for merge fields.
        now: the time of arrival.
    """
    event, customer = parsed.event, parsed.event.customer
    address = phones.to_e164(customer.phone, store.config.default_region)
    address_hash = keyed_hash(store.hash_key, address) if address else None
    forms = number_hashes(store.hash_key, address) if address else frozenset[str]()
    obstacle = await _obstacle(connection, store, forms, parsed.body)
    known_by = address or customer.phone
    hashed = store.config.hashes_customer_ids
    customer_id = customer_key(
        store.hash_key, customer.customer_id, known_by, customer.email, hashed=hashed
    )
    return NewEvent(
        store_id=store.store_id,
        customer_id=customer_id,
        event=_journey_event(store, parsed),
        body={**parsed.body, **_resolved_fields(parsed)},
        routing=route_event(store.config, event, now, obstacle=obstacle),
        signalled=not await _is_too_many(connection, store, customer_id, event, now),
        address_hash=address_hash,
        other_forms=forms - {address_hash},
        email_hash=email_hash(store.hash_key, customer.email),
    )


async def _is_too_many(
    connection: AsyncConnection, store: Store, customer_id: str, event: EventBase, now: datetime
) -> bool:
    """Whether journeys read this event from the inbox, instead of being signalled it."""
    stops = event.event_name == EventKind.ORDER_PLACED or event.empties_cart
    limit = MAX_STOPPING_SIGNALS if stops else MAX_SIGNALS
    since = now - max(store.config.buffer, MIN_SIGNAL_WINDOW)
    customer = CustomerRef(store.store_id, customer_id)
    return await bursts.reached(connection, customer, since, limit)


async def _obstacle(
    connection: AsyncConnection, store: Store, forms: frozenset[str], body: Mapping[str, Any]
) -> str | None:
    """Why this customer cannot be messaged, in plain words, if so."""
    if not forms:
        return "no address to message: no valid phone number"
    person = await aliases.with_aliases(connection, store.store_id, forms)
    if await suppressions.standing(connection, store.store_id, person):
        return "opted out: this number is suppressed"
    if store.config.consent == "required" and not consent.is_granted(body):
        return "no consent: this store requires customer.consent with granted, source, timestamp"
    return None


def _resolved_fields(parsed: ParsedEvent) -> dict[str, Any]:
    """What the guide's placeholder meant, for merge fields."""
    event = parsed.event
    return {"sub_event_name": event.sub_event_name} if isinstance(event, CartUpdate) else {}


def _journey_event(store: Store, parsed: ParsedEvent) -> JourneyEvent:
    event = parsed.event
    return JourneyEvent(
        event_id=event.event_id,
        kind=event.event_name,
        at=event.timestamp,
        intent=store.config.intent(event.event_name),
        empties_cart=event.empties_cart,
    )
