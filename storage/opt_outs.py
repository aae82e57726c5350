"""Opting out: the number is suppressed at once; the open journeys of whoever has it are told soon.

The claiming transaction looks at the suppression, so nothing depends on the telling.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import suppressions
from storage.database import insert_new
from storage.tables import opt_outs
from storage.turns import turn


@dataclass(frozen=True)
class OptOut:
    """A suppressed number whose open journeys are still to be told."""

    store_id: str
    address_hash: str
    created_at: datetime


async def opt_out(
    connection: AsyncConnection, store_id: str, address_hash: str, because: str, now: datetime
) -> None:
    """Suppress a number, and leave it to the dispatcher to tell the open journeys."""
    await suppressions.add(connection, store_id, address_hash, because, now)
    if await suppressions.because(connection, store_id, address_hash) is None:
        return  # it was lifted since
    values = {"store_id": store_id, "address_hash": address_hash, "created_at": now}
    await insert_new(connection, opt_outs, values)


async def untold(connection: AsyncConnection, most: int) -> list[OptOut]:
    """Opt-outs whose journeys are still to be told, each store's oldest first."""
    place = turn(opt_outs.c.store_id, opt_outs.c.created_at)
    query = select(opt_outs).order_by(place, opt_outs.c.created_at).limit(most)
    return [OptOut(**row) for row in (await connection.execute(query)).mappings()]


async def told(connection: AsyncConnection, done: OptOut) -> None:
    """Forget an opt-out whose journeys know of it; the suppression stays."""
    await connection.execute(
        delete(opt_outs).where(
            opt_outs.c.store_id == done.store_id, opt_outs.c.address_hash == done.address_hash
        )
    )
