"""Messages that Meta took and then could not deliver: their open journeys are told soon."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new
from storage.tables import failures, messages
from storage.turns import turn


@dataclass(frozen=True)
class Failure:
    """A failed message whose journey is still to be told."""

    message_id: str
    store_id: str
    customer_id: str
    trigger_event_id: str
    step: int
    fallback: int
    template: str
    error_code: int | None
    failed_at: datetime


async def add(connection: AsyncConnection, message_id: str, now: datetime) -> None:
    """Note that a message failed after Meta took it; a second time changes nothing."""
    await insert_new(connection, failures, {"message_id": message_id, "failed_at": now})


async def untold(connection: AsyncConnection, most: int) -> list[Failure]:
    """Failures whose journeys are still to be told, each store's oldest first."""
    of_message = tuple(messages.c[each.name] for each in fields(Failure) if each.name in messages.c)
    query = (
        select(*of_message, failures.c.failed_at)
        .join(messages, messages.c.message_id == failures.c.message_id)
        .order_by(turn(messages.c.store_id, failures.c.failed_at), failures.c.failed_at)
        .limit(most)
    )
    return [Failure(**row) for row in (await connection.execute(query)).mappings()]


async def told(connection: AsyncConnection, message_id: str) -> None:
    """Forget a failure that its journey knows of; the ledger keeps it."""
    await connection.execute(delete(failures).where(failures.c.message_id == message_id))
