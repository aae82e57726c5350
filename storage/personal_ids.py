"""Whether a store's `customer_id`s were ever personal, and when. One row per store."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.personal_ids import PersonalIds
from storage.database import insert_new
from storage.tables import personal_ids

INTERVAL = timedelta(hours=1)
"""How often the row is written while nothing but the time changes."""


async def read(connection: AsyncConnection, store_id: str) -> PersonalIds | None:
    """What is known of a store's ids; None: none was personal."""
    query = select(personal_ids.c.first_seen_at, personal_ids.c.last_seen_at).where(
        personal_ids.c.store_id == store_id
    )
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else PersonalIds(**row)


async def note(connection: AsyncConnection, store_id: str, now: datetime) -> None:
    """Note that an event of this store had a personal id."""
    known = await read(connection, store_id)
    if known is None:
        values = {"store_id": store_id, "first_seen_at": now, "last_seen_at": now}
        await insert_new(connection, personal_ids, values)
    elif now - known.last_seen_at >= INTERVAL:
        mine = personal_ids.c.store_id == store_id
        await connection.execute(update(personal_ids).where(mine).values(last_seen_at=now))
