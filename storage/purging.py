"""What is old and no longer needed: deleted, or emptied where figures and dedup rest on it.

Each call is one batch, for one transaction of its own; a cursor says where the next one begins.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import String, Table, cast, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import lock
from storage.messages import ERASED, MessageStatus
from storage.tables import inbox, journeys, messages, quarantine

AT_ONCE: Final = 500

Cursor = tuple[datetime, str]
"""The time and the id of the last row of a batch."""


async def quarantined(connection: AsyncConnection, before: datetime) -> int:
    """Delete some of the bodies that nobody looked after; how many."""
    old = select(quarantine.c.id).where(quarantine.c.received_at < before).limit(AT_ONCE)
    removed = await connection.execute(delete(quarantine).where(quarantine.c.id.in_(old)))
    return removed.rowcount


async def customers_of(
    connection: AsyncConnection, store_id: str, before: datetime, after: str
) -> list[str]:
    """Some customers of whom there are old events, by id, beginning behind one of them."""
    query = (
        select(inbox.c.customer_id)
        .where(
            inbox.c.store_id == store_id,
            inbox.c.customer_id > after,
            inbox.c.received_at < before,
        )
        .distinct()
        .order_by(inbox.c.customer_id)
        .limit(AT_ONCE)
    )
    return list((await connection.execute(query)).scalars())


async def concerned(connection: AsyncConnection, store_id: str, customer_id: str) -> set[str]:
    """Whose journeys a customer's events matter to: theirs, and those of whoever has their number.

    An order stops the messages of everybody who has the number.
    """
    hashes = select(inbox.c.address_hash).where(
        inbox.c.store_id == store_id,
        inbox.c.customer_id == customer_id,
        inbox.c.address_hash.is_not(None),
    )
    query = select(inbox.c.customer_id).where(
        inbox.c.store_id == store_id, inbox.c.address_hash.in_(hashes)
    )
    return {customer_id, *(await connection.execute(query.distinct())).scalars()}


async def any_undelivered(
    connection: AsyncConnection, store_id: str, customer_ids: Collection[str]
) -> bool:
    """Whether an event of any of them still waits to be delivered."""
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

    Only what no journey ever heard of, or what a journey heard of that has closed since.
    """
    await lock(connection, "customer", store_id, customer_id)
    theirs = (inbox.c.store_id == store_id, inbox.c.customer_id == customer_id)
    if await any_undelivered(connection, store_id, [customer_id]):
        return 0
    closed_at = select(func.max(journeys.c.closed_at)).where(
        journeys.c.store_id == store_id, journeys.c.customer_id == customer_id
    )
    over = or_(
        inbox.c.ignored_because.is_not(None), inbox.c.received_at < closed_at.scalar_subquery()
    )
    removed = await connection.execute(
        delete(inbox).where(*theirs, inbox.c.received_at < before, over)
    )
    return removed.rowcount


async def explanations(
    connection: AsyncConnection, store_id: str, before: datetime, after: Cursor | None
) -> tuple[int, Cursor | None]:
    """Empty why some old journeys decided what; how many, and from where to go on, if at all.

    That they were, how they ended and why stays.
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
    """Empty what Meta calls some old messages; how many, and from where to go on, if at all."""
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


async def _old(
    connection: AsyncConnection,
    table: Table,
    store_id: str,
    before: datetime,
    after: Cursor | None,
) -> tuple[list[str], Cursor | None]:
    """The ids of a batch, oldest first."""
    at, row_id = _ORDER[table.name]
    query = select(at, row_id).where(table.c.store_id == store_id, at < before)
    if after is not None:
        query = query.where(tuple_(at, row_id) > after)
    rows: list[Any] = list(await connection.execute(query.order_by(at, row_id).limit(AT_ONCE)))
    last = rows[-1] if len(rows) == AT_ONCE else None
    return [row[1] for row in rows], None if last is None else (last[0], last[1])


_ORDER: Final = {
    "journeys": (journeys.c.closed_at, journeys.c.run_id),
    "messages": (messages.c.claimed_at, messages.c.message_id),
}
"""What orders a table's rows, the oldest first, each in a place of its own."""
