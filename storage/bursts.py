"""Bursts: very many events of one customer in a short time, such as of a bot or a shared id."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.identity import CustomerRef
from storage.tables import inbox


async def reached(
    connection: AsyncConnection, customer: CustomerRef, since: datetime, limit: int
) -> bool:
    """Whether that many events of a customer have been received since then."""
    query = (
        select(inbox.c.received_at)
        .where(inbox.c.store_id == customer.store_id, inbox.c.customer_id == customer.customer_id)
        .order_by(inbox.c.id.desc())
        .offset(limit - 1)
        .limit(1)
    )
    received_at: datetime | None = (await connection.execute(query)).scalar()
    return received_at is not None and received_at > since
