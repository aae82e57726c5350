"""The inbox, asked which journeys of a store its events may have started a moment ago."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.routing import Delivery
from storage.tables import inbox

MAX_CUSTOMERS: Final = 100


async def any_undelivered(connection: AsyncConnection, store_id: str) -> bool:
    """Whether an event of the store waits to be delivered."""
    waits = select(inbox.c.id).where(inbox.c.store_id == store_id, inbox.c.dispatched_at.is_(None))
    return (await connection.execute(waits.limit(1))).first() is not None


async def customers_since(connection: AsyncConnection, store_id: str, since: datetime) -> list[str]:
    """The customers whose events may have started a journey since, at most `MAX_CUSTOMERS`."""
    latest = func.max(inbox.c.id)
    query = (
        select(inbox.c.customer_id)
        .where(
            inbox.c.store_id == store_id,
            inbox.c.delivery == Delivery.SIGNAL_OR_START,
            inbox.c.dispatched_at >= since,
        )
        .group_by(inbox.c.customer_id)
        .order_by(latest.desc())
        .limit(MAX_CUSTOMERS)
    )
    return list((await connection.execute(query)).scalars())
