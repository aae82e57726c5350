"""Deleting old data, or emptying it where figures and deduplication need the row.

Each call is one batch, for a transaction of its own; a cursor says where the next one begins.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.kinds import ORDER_KINDS
from storage import contacts
from storage.aliases import Pair
from storage.database import lock
from storage.messages import ERASED, MessageStatus
from storage.tables import aliases, inbox, journeys, messages, quarantine, suppressions

BATCH_SIZE: Final = 500

Cursor = tuple[datetime, str]
"""The time and the id of the last row of a batch."""


async def quarantined(connection: AsyncConnection, before: datetime) -> int:
    """Delete a batch of old quarantined bodies; how many."""
    old = select(quarantine.c.id).where(quarantine.c.received_at < before).limit(BATCH_SIZE)
    removed = await connection.execute(delete(quarantine).where(quarantine.c.id.in_(old)))
    return removed.rowcount


async def customers_of(
    connection: AsyncConnection, store_id: str, before: datetime, after: str
) -> list[str]:
    """Next page of customers with old events, by id."""
    query = (
        select(inbox.c.customer_id)
        .where(
            inbox.c.store_id == store_id,
            inbox.c.customer_id > after,
            inbox.c.received_at < before,
        )
        .distinct()
        .order_by(inbox.c.customer_id)
        .limit(BATCH_SIZE)
    )
    return list((await connection.execute(query)).scalars())


async def concerned(connection: AsyncConnection, store_id: str, customer_id: str) -> set[str]:
    """The customer, and all customers whose messages an order of theirs stops."""
    known = await contacts.of_customer(connection, store_id, customer_id)
    every_form = await contacts.with_aliases(connection, store_id, known)
    sharing = await contacts.customers_sharing(connection, store_id, customer_id, every_form)
    return {customer_id, *sharing.customer_ids}


async def any_undelivered(
    connection: AsyncConnection, store_id: str, customer_ids: Collection[str]
) -> bool:
    """Whether an event of any of these customers is undelivered."""
    waits = exists().where(
        inbox.c.store_id == store_id,
        inbox.c.customer_id.in_(customer_ids),
        inbox.c.dispatched_at.is_(None),
    )
    return bool((await connection.execute(select(waits))).scalar())


async def events(
    connection: AsyncConnection, store_id: str, customer_id: str, before: datetime
) -> int:
    """Delete the old events of a customer without an open journey; how many.

    Only events that no journey received, or that a journey received which has closed since. It is
    not known of an order who received it; no journey is open that may.
    """
    await lock(connection, "customer", store_id, customer_id)
    of_customer = (inbox.c.store_id == store_id, inbox.c.customer_id == customer_id)
    if await any_undelivered(connection, store_id, [customer_id]):
        return 0
    closed_at = select(func.max(journeys.c.closed_at)).where(
        journeys.c.store_id == store_id, journeys.c.customer_id == customer_id
    )
    unneeded = or_(
        inbox.c.ignored_because.is_not(None),
        inbox.c.kind.in_(ORDER_KINDS),
        inbox.c.received_at < closed_at.scalar_subquery(),
    )
    removed = await connection.execute(
        delete(inbox).where(*of_customer, inbox.c.received_at < before, unneeded)
    )
    return removed.rowcount


async def explanations(
    connection: AsyncConnection, store_id: str, before: datetime, after: Cursor | None
) -> tuple[int, Cursor | None]:
    """Empty the decisions and evidence of a batch of old journeys; how many, and the next cursor.

    Outcome and reason stay.
    """
    ids, cursor = await _old(connection, journeys, store_id, before, after)
    emptied = await connection.execute(
        update(journeys)
        .where(journeys.c.run_id.in_(ids), cast(journeys.c.decisions, String) != "[]")
        .values(decisions=[], evidence={})
    )
    return emptied.rowcount, cursor


async def provider_ids(
    connection: AsyncConnection, store_id: str, before: datetime, after: Cursor | None
) -> tuple[int, Cursor | None]:
    """Erase Meta's ids of a batch of old messages; how many, and the next cursor."""
    ids, cursor = await _old(connection, messages, store_id, before, after)
    emptied = await connection.execute(
        update(messages)
        .where(
            messages.c.message_id.in_(ids),
            messages.c.provider_id != ERASED,
            messages.c.status != MessageStatus.CLAIMED,
        )
        .values(provider_id=ERASED)
    )
    return emptied.rowcount, cursor


async def aliases_of_strangers(
    connection: AsyncConnection, store_id: str, before: datetime, after: Pair | None
) -> tuple[int, Pair | None]:
    """Delete old aliases of people who are no store's customer and never opted out.

    Everyone who writes to the store's number teaches some.

    Returns:
        How many of a batch were deleted, and the next batch's cursor.
    """
    key = (aliases.c.identity_hash, aliases.c.alias_hash)
    query = select(*key, _is_needed()).where(
        aliases.c.store_id == store_id, aliases.c.learned_at < before
    )
    if after is not None:
        query = query.where(tuple_(*key) > after)
    rows: list[Any] = list(await connection.execute(query.order_by(*key).limit(BATCH_SIZE)))
    unneeded = [(row[0], row[1]) for row in rows if not row[2]]
    if unneeded:
        await connection.execute(
            delete(aliases).where(aliases.c.store_id == store_id, tuple_(*key).in_(unneeded))
        )
    last = rows[-1] if len(rows) == BATCH_SIZE else None
    return len(unneeded), None if last is None else (last[0], last[1])


def _is_needed() -> ColumnElement[bool]:
    """Whether an event, a message or an opt-out has one of both."""
    return or_(
        *(
            exists().where(table.c.store_id == aliases.c.store_id, table.c.address_hash == identity)
            for table in (inbox, messages, suppressions)
            for identity in (aliases.c.identity_hash, aliases.c.alias_hash)
        )
    )


async def _old(
    connection: AsyncConnection,
    table: Table,
    store_id: str,
    before: datetime,
    after: Cursor | None,
) -> tuple[list[str], Cursor | None]:
    """The ids of a batch, oldest first, and the cursor of the next one."""
    at, row_id = _ORDER[table.name]
    query = select(at, row_id).where(table.c.store_id == store_id, at < before)
    if after is not None:
        query = query.where(tuple_(at, row_id) > after)
    rows: list[Any] = list(await connection.execute(query.order_by(at, row_id).limit(BATCH_SIZE)))
    last = rows[-1] if len(rows) == BATCH_SIZE else None
    return [row[1] for row in rows], None if last is None else (last[0], last[1])


_ORDER: Final = {
    "journeys": (journeys.c.closed_at, journeys.c.run_id),
    "messages": (messages.c.claimed_at, messages.c.message_id),
}
"""Time and id: a total order of a table's rows, oldest first."""
