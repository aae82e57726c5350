"""Meta's notifications, stored from their 200 until all of their updates were applied."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import lock
from storage.tables import webhooks


@dataclass(frozen=True)
class StoredNotification:
    """A notification as it was posted."""

    id: int
    body: bytes


async def add(
    connection: AsyncConnection, body: bytes, now: datetime, leased_until: datetime | None = None
) -> StoredNotification:
    """Store a notification; until `leased_until` the caller processes it itself."""
    values = {"body": body, "received_at": now, "leased_until": leased_until}
    made = await connection.execute(insert(webhooks).values(**values).returning(webhooks.c.id))
    return StoredNotification(made.scalar_one(), body)


async def lease_due(
    connection: AsyncConnection, now: datetime, leased_until: datetime, limit: int
) -> list[StoredNotification]:
    """Lease unprocessed notifications, oldest first."""
    await lock(connection, "webhooks")  # a second process must see what the first one leased
    unleased = or_(webhooks.c.leased_until.is_(None), webhooks.c.leased_until <= now)
    due = select(webhooks.c.id, webhooks.c.body).where(unleased).order_by(webhooks.c.id)
    rows = [StoredNotification(*row) for row in await connection.execute(due.limit(limit))]
    if rows:
        await connection.execute(
            update(webhooks)
            .where(webhooks.c.id.in_([row.id for row in rows]))
            .values(leased_until=leased_until)
        )
    return rows


async def give_back(connection: AsyncConnection, row: StoredNotification) -> None:
    """End the lease of a notification that could not be processed."""
    await connection.execute(
        update(webhooks).where(webhooks.c.id == row.id).values(leased_until=None)
    )


async def remove(connection: AsyncConnection, ids: Collection[int]) -> set[int]:
    """Delete processed notifications.

    Returns:
        The ids that were still there.
    """
    removed = await connection.execute(
        delete(webhooks).where(webhooks.c.id.in_(ids)).returning(webhooks.c.id)
    )
    return set(removed.scalars())


async def oldest(connection: AsyncConnection) -> datetime | None:
    """When the oldest one was received; None when none waits."""
    found: datetime | None = (
        await connection.execute(select(webhooks.c.received_at).order_by(webhooks.c.id).limit(1))
    ).scalar()
    return found
