"""The inbox's orders, whosever they are."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import ORDERS, inbox


async def ever_seen(connection: AsyncConnection, store_id: str) -> bool:
    """Whether an order of this store is kept, read from an index of orders alone."""
    query = select(inbox.c.id).where(inbox.c.store_id == store_id, text(ORDERS)).limit(1)
    return (await connection.execute(query)).first() is not None
