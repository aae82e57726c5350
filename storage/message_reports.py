"""The ledger as it is listed and counted: for one journey, a store, or all stores."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.messages import MessageStatus
from storage.tables import messages


@dataclass(frozen=True)
class LedgerPage:
    """A page of the messages claimed from `start` up to, not including, `end`."""

    start: datetime
    end: datetime
    after: tuple[datetime, str] | None = None
    """Claim time and id of the last message of the page before."""
    limit: int = 100
    status: MessageStatus | None = None
    """Only messages of this status."""


async def for_trigger(
    connection: AsyncConnection, store_id: str, customer_id: str, trigger_event_id: str
) -> list[dict[str, Any]]:
    """The messages of one journey, by step and fallback."""
    query = select(messages).where(
        messages.c.store_id == store_id,
        messages.c.customer_id == customer_id,
        messages.c.trigger_event_id == trigger_event_id,
    )
    found = await connection.execute(query.order_by(messages.c.step, messages.c.fallback))
    return [dict(row) for row in found.mappings()]


async def listed(
    connection: AsyncConnection, store_id: str, page: LedgerPage
) -> list[dict[str, Any]]:
    """A store's messages in the order in which they were claimed."""
    query = select(messages).where(
        messages.c.store_id == store_id,
        messages.c.claimed_at >= page.start,
        messages.c.claimed_at < page.end,
    )
    if page.status is not None:
        query = query.where(messages.c.status == page.status)
    if page.after is not None:
        query = query.where(tuple_(messages.c.claimed_at, messages.c.message_id) > page.after)
    ordered = query.order_by(messages.c.claimed_at, messages.c.message_id).limit(page.limit)
    return [dict(row) for row in (await connection.execute(ordered)).mappings()]


async def counted(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many messages of each plan and step have which status."""
    columns = (messages.c.kind, messages.c.step, messages.c.status)
    found = await connection.execute(
        select(*columns, func.count().label("count"))
        .where(
            messages.c.store_id == store_id,
            messages.c.claimed_at >= start,
            messages.c.claimed_at < end,
        )
        .group_by(*columns)
        .order_by(*columns)
    )
    return [dict(row) for row in found.mappings()]


async def by_status(connection: AsyncConnection) -> dict[str, int]:
    """How many messages have which status, of all stores."""
    query = select(messages.c.status, func.count()).group_by(messages.c.status)
    return {row[0]: row[1] for row in await connection.execute(query)}
