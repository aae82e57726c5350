"""Whom a store must not message. A keyed hash stands for the number, so erasure keeps it."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new, lock
from storage.tables import suppressions


async def add(
    connection: AsyncConnection, store_id: str, address_hash: str, because: str, now: datetime
) -> None:
    """Suppress a number; a second time changes nothing."""
    await lock(connection, "address", store_id, address_hash)
    values = {
        "store_id": store_id,
        "address_hash": address_hash,
        "because": because,
        "created_at": now,
    }
    await insert_new(connection, suppressions, values)


async def remove(connection: AsyncConnection, store_id: str, address_hash: str) -> None:
    """Let a number be messaged again."""
    await connection.execute(
        delete(suppressions).where(
            suppressions.c.store_id == store_id, suppressions.c.address_hash == address_hash
        )
    )


async def because(connection: AsyncConnection, store_id: str, address_hash: str) -> str | None:
    """Why a number is suppressed, or None when it is not."""
    found = await connection.execute(
        select(suppressions.c.because).where(
            suppressions.c.store_id == store_id, suppressions.c.address_hash == address_hash
        )
    )
    reason: str | None = found.scalar()
    return reason
