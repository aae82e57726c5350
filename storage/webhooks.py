"""What Meta posted, from its 200 until everything in it has had its effect; then it is deleted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import lock
from storage.tables import webhooks


@dataclass(frozen=True)
class Webhook:
    """One notification, byte for byte."""

    id: int
    body: bytes


async def add(
    connection: AsyncConnection, body: bytes, now: datetime, leased_until: datetime | None = None
) -> Webhook:
    """Keep a notification; until `leased_until` the caller means to process it itself."""
    values = {"body": body, "received_at": now, "leased_until": leased_until}
    made = await connection.execute(insert(webhooks).values(**values).returning(webhooks.c.id))
    return Webhook(made.scalar_one(), body)


async def lease_due(
    connection: AsyncConnection, now: datetime, leased_until: datetime, most: int
) -> list[Webhook]:
    """Take over notifications that nobody is processing, oldest first."""
    await lock(connection, "webhooks")  # a second process must see what the first one took
    unleased = or_(webhooks.c.leased_until.is_(None), webhooks.c.leased_until <= now)
    due = select(webhooks.c.id, webhooks.c.body).where(unleased).order_by(webhooks.c.id)
    rows = [Webhook(*row) for row in await connection.execute(due.limit(most))]
    if rows:
        await connection.execute(
            update(webhooks)
            .where(webhooks.c.id.in_([row.id for row in rows]))
            .values(leased_until=leased_until)
        )
    return rows


async def give_back(connection: AsyncConnection, row: Webhook) -> None:
    """Leave a notification that could not be processed now to whoever looks next."""
    await connection.execute(
        update(webhooks).where(webhooks.c.id == row.id).values(leased_until=None)
    )


async def remove(connection: AsyncConnection, ids: Collection[int]) -> set[int]:
    """Forget processed notifications, of which nothing personal stays.

    Returns:
        Those that nobody else had removed.
    """
    removed = await connection.execute(
        delete(webhooks).where(webhooks.c.id.in_(ids)).returning(webhooks.c.id)
    )
    return set(removed.scalars())


async def oldest(connection: AsyncConnection) -> datetime | None:
    """Since when the oldest has been waiting, None when none is."""
    found: datetime | None = (
        await connection.execute(select(webhooks.c.received_at).order_by(webhooks.c.id).limit(1))
    ).scalar()
    return found
