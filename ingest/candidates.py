"""Events about to be accepted, and what the accepting transaction knows of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.identity import CustomerRef
from domain.journey.routing import MAX_STOPPING_SIGNALS, MIN_SIGNAL_WINDOW
from ingest.event_routing import Obstacles, PreparedEvent, prepare, route
from storage import bursts, contacts, inbox_batch, stores
from storage.contacts import Contacts
from storage.inbox import NewEvent
from storage.inbox_batch import CustomerFacts
from storage.order_people import person_of
from storage.orders import order_lock
from storage.suppressed_among import suppressed_among

Candidate = PreparedEvent | NewEvent
"""A partner's event, or an operator's exit, which is routed already."""

NOTHING_KNOWN = CustomerFacts()


def customer_of(candidate: Candidate) -> CustomerRef:
    """Whose event it is."""
    if isinstance(candidate, PreparedEvent):
        return candidate.customer
    return CustomerRef(candidate.store_id, candidate.customer_id)


def locks_of(candidate: Candidate) -> list[tuple[str, ...]]:
    """The locks under which it is stored, in the order in which all take them."""
    if not isinstance(candidate, PreparedEvent):
        return inbox_batch.locks_of(customer_of(candidate), candidate.event.kind, Contacts())
    named = Contacts.of_event(candidate.address_hash, candidate.email_hash)
    kind, known = candidate.event.event_name, named.with_numbers(candidate.forms)
    people, key = inbox_batch.locks_of(candidate.customer, kind, known), candidate.order_key
    return people if key is None else [*people, order_lock(candidate.store.store_id, key)]


async def with_current_stores(
    connection: AsyncConnection, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """The same, prepared anew where the store's configuration has changed since it was read."""
    posted = (each for each in candidates if isinstance(each, PreparedEvent))
    named = {each.store.store_id: each.store for each in posted}
    changed = {
        store.store_id: await stores.existing(connection, store.store_id)
        for store in await stores.changed_among(connection, named.values())
    }
    return [
        prepare(changed[each.store.store_id], each.parsed)
        if isinstance(each, PreparedEvent) and each.store.store_id in changed
        else each
        for each in candidates
    ]


@dataclass(frozen=True)
class Routed:
    """An event as it is stored, and what was known of its customer before."""

    new: NewEvent
    facts: CustomerFacts
    stops: CustomerRef | None = None
    """Another customer whose journey an order may stop."""
    person: frozenset[str] = frozenset()
    """Of an order: every customer id of who placed it, as far as is known."""


async def routed(
    connection: AsyncConnection, candidates: Sequence[Candidate], now: datetime
) -> list[Routed]:
    """Route events; the transaction holds their locks."""
    facts = await inbox_batch.facts_of(connection, {customer_of(each) for each in candidates})
    people = {
        number: (each.store.store_id, each.forms)
        for number, each in enumerate(candidates)
        if isinstance(each, PreparedEvent)
    }
    suppressed = await suppressed_among(connection, people)
    found = []
    for number, each in enumerate(candidates):
        known = facts.get(customer_of(each), NOTHING_KNOWN)
        if isinstance(each, PreparedEvent):
            many = await _are_too_many(connection, each, known, now)
            new = route(each, Obstacles(number in suppressed, many), now)
            if each.is_order:
                found.append(await _order(connection, new, known))
            else:
                found.append(Routed(new, known))
        else:
            found.append(Routed(each, known))
    return found


async def _order(connection: AsyncConnection, new: NewEvent, facts: CustomerFacts) -> Routed:
    """Route an order, with everyone who has a contact of it."""
    known = await contacts.with_aliases(connection, new.store_id, new.contacts)
    sharing = await contacts.customers_sharing(connection, new.store_id, new.customer_id, known)
    person = await person_of(connection, new.store_id, new.customer_id, known, sharing)
    stops = await _also_stopped(connection, new.store_id, sharing.customer_ids)
    return Routed(new, facts, stops, person)


async def _also_stopped(
    connection: AsyncConnection, store_id: str, customer_ids: Collection[str]
) -> CustomerRef | None:
    """The first of some customers with a journey, as far as is known."""
    others = [CustomerRef(store_id, each) for each in sorted(customer_ids)]
    facts = await inbox_batch.facts_of(connection, others) if others else {}
    return next((each for each in others if facts[each].may_be_open), None)


async def _are_too_many(
    connection: AsyncConnection, prepared: PreparedEvent, known: CustomerFacts, now: datetime
) -> bool:
    """Whether journeys read this event from the inbox, instead of being signalled it."""
    since = now - max(prepared.store.config.buffer, MIN_SIGNAL_WINDOW)
    if known.many_since is None or known.many_since <= since:
        return False
    if not prepared.stops:
        return True
    return await bursts.reached(connection, prepared.customer, since, MAX_STOPPING_SIGNALS)
