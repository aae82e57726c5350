"""Templates that Meta paused or disabled: journeys with them hold until the store is resumed."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new
from storage.tables import template_holds


async def add(
    connection: AsyncConnection, store_id: str, template: str, because: str, now: datetime
) -> None:
    """Hold a template of a store; a second time changes nothing."""
    values = {"store_id": store_id, "template": template, "because": because, "held_at": now}
    await insert_new(connection, template_holds, values)


async def because(connection: AsyncConnection, store_id: str, template: str) -> str | None:
    """Why a template is held, or None when it is not."""
    found = await connection.execute(
        select(template_holds.c.because).where(
            template_holds.c.store_id == store_id, template_holds.c.template == template
        )
    )
    reason: str | None = found.scalar()
    return reason


async def listed(connection: AsyncConnection, store_id: str) -> list[dict[str, Any]]:
    """A store's held templates, oldest first."""
    columns = (template_holds.c.template, template_holds.c.because, template_holds.c.held_at)
    query = select(*columns).where(template_holds.c.store_id == store_id)
    found = await connection.execute(query.order_by(template_holds.c.held_at))
    return [dict(row) for row in found.mappings()]


async def lift(connection: AsyncConnection, store_id: str) -> None:
    """Let every template of a store be sent again."""
    await connection.execute(delete(template_holds).where(template_holds.c.store_id == store_id))
