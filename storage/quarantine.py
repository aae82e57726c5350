"""What could not be understood, with what was wrong about it, for the operator to see."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import quarantine


async def add(
    connection: AsyncConnection,
    store_id: str | None,
    body: str,
    errors: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Keep an invalid body with its errors. PostgreSQL's text has no NUL; a mark stands for it.

    Without a store: nobody can tell whose it is.
    """
    body = body.replace("\x00", "\ufffd")
    await connection.execute(
        insert(quarantine).values(store_id=store_id, body=body, errors=errors, received_at=now)
    )


async def listed(
    connection: AsyncConnection, store_id: str, before: int | None, most: int
) -> list[dict[str, Any]]:
    """A store's quarantined bodies, newest first."""
    query = select(quarantine).where(quarantine.c.store_id == store_id)
    if before is not None:
        query = query.where(quarantine.c.id < before)
    found = await connection.execute(query.order_by(quarantine.c.id.desc()).limit(most))
    return [dict(row) for row in found.mappings()]


async def size(connection: AsyncConnection) -> int:
    """How many bodies are kept, of all stores."""
    counted = select(func.count()).select_from(quarantine)
    return int((await connection.execute(counted)).scalar_one())
