"""Opt-outs: a number is suppressed at once, its customers' open journeys end soon after.

The claiming transaction checks the suppression, so no message depends on that end.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import suppressions
from storage.database import insert_new
from storage.fair_order import fair_position
from storage.tables import opt_outs


@dataclass(frozen=True)
class OptOut:
    """A suppressed number whose customers' open journeys are still to be ended."""

    store_id: str
    address_hash: str
    created_at: datetime


async def opt_out(
    connection: AsyncConnection, store_id: str, address_hash: str, because: str, now: datetime
) -> None:
    """Suppress a number, and leave it to the dispatcher to end open journeys."""
    await suppressions.add(connection, store_id, address_hash, because, now)
    if await suppressions.because(connection, store_id, address_hash) is None:
        return  # it was lifted since
    values = {"store_id": store_id, "address_hash": address_hash, "created_at": now}
    await insert_new(connection, opt_outs, values)


async def pending(connection: AsyncConnection, limit: int) -> list[OptOut]:
    """Opt-outs whose open journeys are still to be ended, each store's oldest first."""
    position = fair_position(opt_outs.c.store_id, opt_outs.c.created_at)
    query = select(opt_outs).order_by(position, opt_outs.c.created_at).limit(limit)
    return [OptOut(**row) for row in (await connection.execute(query)).mappings()]


async def remove(connection: AsyncConnection, done: OptOut) -> None:
    """Remove an opt-out whose journeys were ended; the suppression stays."""
    await connection.execute(
        delete(opt_outs).where(
            opt_outs.c.store_id == done.store_id, opt_outs.c.address_hash == done.address_hash
        )
    )
