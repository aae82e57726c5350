"""Failed messages whose open journeys are still to be signalled.

Meta accepted these messages, and reported later that it could not deliver them.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new
from storage.fair_order import fair_position
from storage.tables import failures, messages


@dataclass(frozen=True)
class Failure:
    """A failed message whose journey is still to be signalled."""

    message_id: str
    store_id: str
    customer_id: str
    trigger_event_id: str
    step: int
    fallback: int
    template: str | None
    """None: not by WhatsApp."""
    language: str | None
    """None: claimed before languages were kept."""
    address_hash: str
    error_code: int | None
    because: str | None
    """Meta's words."""
    failed_at: datetime


async def add(connection: AsyncConnection, message_id: str, now: datetime) -> None:
    """Add a failed message; a second time changes nothing."""
    await insert_new(connection, failures, {"message_id": message_id, "failed_at": now})


async def pending(connection: AsyncConnection, limit: int) -> list[Failure]:
    """Failures that are still to be signalled, each store's oldest first."""
    columns = (messages.c[each.name] for each in fields(Failure) if each.name in messages.c)
    query = (
        select(*columns, failures.c.failed_at)
        .join(messages, messages.c.message_id == failures.c.message_id)
        .order_by(fair_position(messages.c.store_id, failures.c.failed_at), failures.c.failed_at)
        .limit(limit)
    )
    return [Failure(**row) for row in (await connection.execute(query)).mappings()]


async def remove(connection: AsyncConnection, message_id: str) -> None:
    """Remove a failure that was signalled; the ledger keeps it."""
    await connection.execute(delete(failures).where(failures.c.message_id == message_id))
