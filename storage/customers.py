"""Everything that is stored about one customer, for export and erasure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Table,
    cast,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import aliases, customer_orders
from storage.database import lock
from storage.messages import ERASED
from storage.tables import holds, inbox, journeys, messages, suppressions, webhooks
from storage.tables import quarantine as quarantined
from storage.webhooks import StoredNotification

PAGE_SIZE = 500
"""Bodies searched at a time."""

NOTE = {"type": "erased", "loc": ["body"], "msg": "the body was erased with its customer"}
_INTERNAL = frozenset(
    {
        *("store_id", "customer_id", "leased_until"),
        *("address_hash", "email_hash", "wa_id_hash", "user_id_hash"),
    }
)
"""Columns that an export leaves out: its reader knows them, or cannot use them."""

Rows = list[dict[str, Any]]


async def stored(connection: AsyncConnection, store_id: str, customer_id: str) -> dict[str, Rows]:
    """A customer's events with their bodies, messages, journeys, holds, orders, suppressions."""
    tables = {
        "events": (inbox, inbox.c.id),
        "messages": (messages, messages.c.claimed_at),
        "journeys": (journeys, journeys.c.closed_at),
        "holds": (holds, holds.c.held_at),
    }
    found = {
        name: await _rows(
            connection,
            select(table).where(_same_customer(table, store_id, customer_id)).order_by(order),
        )
        for name, (table, order) in tables.items()
    }
    found["orders"] = await customer_orders.stored(connection, store_id, customer_id)
    identities = await identities_of(connection, store_id, customer_id)
    return {**found, "suppressions": await _choices(connection, store_id, identities)}


async def _choices(connection: AsyncConnection, store_id: str, identities: frozenset[str]) -> Rows:
    """What the person chose; once, if it is stored of several forms of a number."""
    query = select(suppressions).where(
        suppressions.c.store_id == store_id, suppressions.c.address_hash.in_(sorted(identities))
    )
    found: Rows = []
    for row in await _rows(connection, query):
        choice = _readable(row)
        if choice not in found:
            found.append(choice)
    return found


async def identities_of(
    connection: AsyncConnection, store_id: str, customer_id: str
) -> frozenset[str]:
    """The keyed hashes of every number that a customer ever had, and of all that goes with it."""
    numbers = await address_hashes(connection, store_id, customer_id)
    return await aliases.with_aliases(connection, store_id, numbers)


async def is_known(connection: AsyncConnection, store_id: str, customer_id: str) -> bool:
    """Whether anything is stored under a customer's key."""
    for table in (inbox, journeys, messages):
        query = select(table.c.store_id).where(_same_customer(table, store_id, customer_id))
        if (await connection.execute(query.limit(1))).first() is not None:
            return True
    return await customer_orders.is_known(connection, store_id, customer_id)


async def address_hashes(
    connection: AsyncConnection, store_id: str, customer_id: str
) -> frozenset[str]:
    """The keyed hashes of every number that a customer ever had, as it was posted."""
    found = await connection.execute(_hashes(store_id, customer_id))
    return frozenset(each for each in found.scalars() if each is not None)


async def quarantined_about(
    connection: AsyncConnection, store_id: str, is_about: Callable[[str], bool]
) -> Rows:
    """Quarantined bodies about a customer, of the store and of no store, newest first."""
    of_store = (quarantined.c.store_id == store_id) | quarantined.c.store_id.is_(None)
    query = select(quarantined).where(of_store).order_by(quarantined.c.id.desc()).limit(PAGE_SIZE)
    found: Rows = []
    page = await _rows(connection, query)
    while page:
        found += [row for row in page if is_about(row["body"])]
        page = await _rows(connection, query.where(quarantined.c.id < page[-1]["id"]))
    return found


async def waiting_about(
    connection: AsyncConnection, is_about: Callable[[str], bool]
) -> list[StoredNotification]:
    """Meta's notifications about a customer that wait to be processed, oldest first."""
    query = select(webhooks.c.id, webhooks.c.body).order_by(webhooks.c.id).limit(PAGE_SIZE)
    found: list[StoredNotification] = []
    page = [StoredNotification(*row) for row in await connection.execute(query)]
    while page:
        found += [row for row in page if is_about(row.body.decode(errors="replace"))]
        rest = query.where(webhooks.c.id > page[-1].id)
        page = [StoredNotification(*row) for row in await connection.execute(rest)]
    return found


@dataclass(frozen=True)
class Erasure:
    """How many events and messages were emptied."""

    events: int
    messages: int


async def erase(
    connection: AsyncConnection, store_id: str, customer_id: str, bodies: Iterable[dict[str, Any]]
) -> Erasure:
    """Empty a customer's events and the ids of their orders, so that nothing happens twice.

    Ids, kinds and times of events stay.

    Meta's message ids contain the number, and its words about a failure may quote the message.
    Otherwise the ledger, the aliases and the suppressions have only keyed hashes, of it and of user
    ids, which must stay for caps and opt-outs to hold. The events' keyed hashes of number and
    e-mail address stay, too: an order that was accepted goes on stopping the messages of everyone
    who has them.

    Args:
        connection: of the erasing transaction.
        store_id: the customer's store.
        customer_id: the customer.
        bodies: the quarantined bodies about the customer, from `quarantined_about`.
    """
    await lock(connection, "customer", store_id, customer_id)
    await customer_orders.erase(connection, store_id, customer_id)  # before messages, as posts do
    events = await connection.execute(
        update(inbox)
        .where(_same_customer(inbox, store_id, customer_id), cast(inbox.c.body, String) != "{}")
        .values(body={})
    )
    not_erased = messages.c.provider_id.is_distinct_from(ERASED)
    sent = await connection.execute(
        update(messages)
        .where(_same_customer(messages, store_id, customer_id), not_erased)
        .values(provider_id=ERASED, because=None)
    )
    await _erase_evidence(connection, store_id, customer_id)
    for row in bodies:
        await connection.execute(
            update(quarantined)
            .where(quarantined.c.id == row["id"])
            .values(body="", errors=[*row["errors"], NOTE])
        )
    return Erasure(events.rowcount, sent.rowcount)


async def _erase_evidence(connection: AsyncConnection, store_id: str, customer_id: str) -> None:
    """Remove Meta's message ids from closed journeys of older releases."""
    query = select(journeys.c.run_id, journeys.c.decisions).where(
        _same_customer(journeys, store_id, customer_id)
    )
    for run_id, decisions in (await connection.execute(query)).all():
        erased = [{**each, "evidence": _without_id(each["evidence"])} for each in decisions]
        if erased != decisions:
            await connection.execute(
                update(journeys).where(journeys.c.run_id == run_id).values(decisions=erased)
            )


def _without_id(evidence: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in evidence.items() if name != "provider_id"}


def _readable(suppression: dict[str, Any]) -> dict[str, Any]:
    because = suppression["because"] or None
    return {
        "suppressed": suppression["lifted_at"] is None,
        "because": because,
        "since": because and suppression["created_at"],
        "lifted_at": suppression["lifted_at"],
    }


def _same_customer(table: Table, store_id: str, customer_id: str) -> ColumnElement[bool]:
    return (table.c.store_id == store_id) & (table.c.customer_id == customer_id)


def _hashes(store_id: str, customer_id: str) -> CompoundSelect[Any]:
    known = (
        select(table.c.address_hash).where(_same_customer(table, store_id, customer_id))
        for table in (inbox, messages)
    )
    return union(*known)


async def _rows(connection: AsyncConnection, query: Select[Any]) -> Rows:
    return [_shown(row) for row in (await connection.execute(query)).mappings()]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _INTERNAL}
