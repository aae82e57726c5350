"""Failed messages whose open journeys are still to be signalled.

Meta accepted these messages, and reported later that it could not deliver them.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new
from storage.fair_order import fair_rows, stores_in
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


_STORES: Final = stores_in(failures.c.store_id)
_COLUMNS: Final = [messages.c[each.name] for each in fields(Failure) if each.name in messages.c]
_PENDING: Final = (
    select(*_COLUMNS, failures.c.failed_at)
    .join(messages, messages.c.message_id == failures.c.message_id)
    .order_by(failures.c.failed_at)
    .limit(bindparam("up_to"))
)
_OLDEST: Final = _PENDING.where(failures.c.store_id == bindparam("of_store"))
_WITHOUT_STORE: Final = _PENDING.where(failures.c.store_id.is_(None))


async def add(connection: AsyncConnection, store_id: str, message_id: str, now: datetime) -> None:
    """Add a failed message of a store; a second time changes nothing."""
    values = {"message_id": message_id, "store_id": store_id, "failed_at": now}
    await insert_new(connection, failures, values)


async def pending(connection: AsyncConnection, limit: int) -> list[Failure]:
    """Failures that are still to be signalled, each store's oldest first."""
    rows = list((await connection.execute(_WITHOUT_STORE, {"up_to": limit})).mappings())
    if len(rows) < limit:
        store_ids = (await connection.execute(_STORES.limit(limit))).scalars().all()
        rows += await fair_rows(
            connection, _OLDEST, failures.c.failed_at, store_ids, limit - len(rows)
        )
    return [Failure(**row) for row in rows]


async def remove(connection: AsyncConnection, message_id: str) -> None:
    """Remove a failure that was signalled; the ledger keeps it."""
    await connection.execute(delete(failures).where(failures.c.message_id == message_id))
