"""Journeys that wait for their store, or one of its templates, to be resumed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import holds, stores, template_holds
from storage.turns import turn


@dataclass(frozen=True)
class Hold:
    """One waiting journey."""

    store_id: str
    customer_id: str
    held_at: datetime


async def add(
    connection: AsyncConnection, hold: Hold, because: str, template: str | None = None
) -> None:
    """Note that a journey holds, from now on even if it held before.

    Args:
        connection: of the transaction that found out.
        hold: whose journey, and since when.
        because: what an operator is told.
        template: which one it waits for; None: for its store.
    """
    await forget(connection, hold.store_id, hold.customer_id)
    await connection.execute(
        insert(holds).values(**hold.__dict__, because=because, template=template)
    )


async def releasable(connection: AsyncConnection, most: int) -> list[Hold]:
    """Journeys whose store and template may send again, each store's oldest hold first."""
    template_is_held = exists().where(
        template_holds.c.store_id == holds.c.store_id,
        template_holds.c.template == holds.c.template,
    )
    query = (
        select(holds.c.store_id, holds.c.customer_id, holds.c.held_at)
        .join(stores, stores.c.store_id == holds.c.store_id)
        .where(stores.c.paused_at.is_(None), ~template_is_held)
        .order_by(turn(holds.c.store_id, holds.c.held_at), holds.c.held_at)
        .limit(most)
    )
    return [Hold(**row) for row in (await connection.execute(query)).mappings()]


async def remove(connection: AsyncConnection, hold: Hold) -> None:
    """Forget a hold whose journey was released; not the one that may have followed it."""
    await connection.execute(
        delete(holds).where(
            holds.c.store_id == hold.store_id,
            holds.c.customer_id == hold.customer_id,
            holds.c.held_at <= hold.held_at,
        )
    )


async def forget(connection: AsyncConnection, store_id: str, customer_id: str) -> None:
    """Forget whatever hold a journey has: it is over."""
    await connection.execute(
        delete(holds).where(holds.c.store_id == store_id, holds.c.customer_id == customer_id)
    )
