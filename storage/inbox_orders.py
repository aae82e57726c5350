"""The inbox's orders, whosever they are."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import ORDERS, inbox


async def ever_seen(connection: AsyncConnection, store_id: str) -> bool:
    """Whether an order of this store is kept, read from an index of orders alone.

    The order of the rows is the index's: without it PostgreSQL may look through the inbox for one.
    """
    orders = select(inbox.c.id).where(inbox.c.store_id == store_id, text(ORDERS))
    found = await connection.execute(orders.order_by(inbox.c.customer_id).limit(1))
    return found.first() is not None
