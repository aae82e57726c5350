"""Delivering the inbox's events: who delivers an event until when, and which are dispatched."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import lock
from storage.inbox import InboxRow
from storage.tables import inbox, stores

_THESE = inbox.c.id.in_(bindparam("row_ids", expanding=True))
_GIVE_BACK = update(inbox).where(_THESE).values(leased_until=None)
_MARK = update(inbox).where(_THESE).values(dispatched_at=bindparam("now"), leased_until=None)
_MARK_REACHED = _MARK.values(ignored_because=None)


async def lease_due(
    connection: AsyncConnection, now: datetime, leased_until: datetime, limit: int
) -> list[InboxRow]:
    """Lease undelivered events, oldest first.

    Customers with a leased event are left out, to keep their order. Half of a full batch is for
    stores that would have nothing in it, so that no store waits for another's backlog.
    """
    await lock(connection, "lease")  # a second dispatcher must see what the first one leased
    rows = await _due(connection, now, limit)
    if len(rows) == limit > 1:
        others = await _due_of_other_stores(connection, now, rows)
        rows = others + rows[: limit - len(others)]
    if rows:
        await connection.execute(
            update(inbox)
            .where(inbox.c.id.in_([row.id for row in rows]))
            .values(leased_until=leased_until)
        )
    return rows


async def _due_of_other_stores(
    connection: AsyncConnection, now: datetime, batch: Sequence[InboxRow]
) -> list[InboxRow]:
    """The oldest events of stores that have none in the batch; half as many at most."""
    room = len(batch) // 2
    waits = exists().where(inbox.c.store_id == stores.c.store_id, inbox.c.dispatched_at.is_(None))
    missing = stores.c.store_id.not_in({row.store_id for row in batch})
    found = await connection.execute(
        select(stores.c.store_id).where(missing, waits).order_by(func.random()).limit(room)
    )
    store_ids = list(found.scalars())
    rows = []
    for store_id in store_ids:
        rows += await _due(connection, now, room // len(store_ids), inbox.c.store_id == store_id)
    return rows


async def _due(
    connection: AsyncConnection, now: datetime, limit: int, *conditions: ColumnElement[bool]
) -> list[InboxRow]:
    """The oldest ones, of those that no process ever leased and of those whose lease ran out.

    Each of both is found by an index of its own, which has none of what is done.
    """
    leased = inbox.alias()
    customer_is_leased = exists().where(
        leased.c.store_id == inbox.c.store_id,
        leased.c.customer_id == inbox.c.customer_id,
        leased.c.dispatched_at.is_(None),
        leased.c.leased_until > now,
    )
    rows: list[InboxRow] = []
    for unleased in (inbox.c.leased_until.is_(None), inbox.c.leased_until <= now):
        due = (
            select(inbox)
            .where(inbox.c.dispatched_at.is_(None), unleased, ~customer_is_leased, *conditions)
            .order_by(inbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows += [InboxRow.from_mapping(row) for row in (await connection.execute(due)).mappings()]
    return sorted(rows, key=lambda row: row.id)[:limit]


async def mark_dispatched(
    connection: AsyncConnection, row_ids: Sequence[int], now: datetime, *, to_open_journey: bool
) -> None:
    """Mark events that were delivered, or for which no journey was open."""
    if row_ids:
        statement = _MARK_REACHED if to_open_journey else _MARK
        await connection.execute(statement, {"row_ids": sorted(row_ids), "now": now})


async def put_off(connection: AsyncConnection, row: InboxRow, until: datetime) -> None:
    """Postpone an event that cannot be delivered; the customer's later events wait for it."""
    await connection.execute(
        update(inbox)
        .where(inbox.c.id == row.id)
        .values(leased_until=until, attempts=inbox.c.attempts + 1)
    )


async def give_back(connection: AsyncConnection, row_ids: Sequence[int]) -> None:
    """End the lease of events that were not delivered; the dispatcher delivers them."""
    if row_ids:
        await connection.execute(_GIVE_BACK, {"row_ids": sorted(row_ids)})
