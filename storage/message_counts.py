"""The ledger counted for results: by group, with what became of the messages."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, FunctionElement, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.messages import MessageStatus
from storage.result_groups import By, columns_of, quarter_of
from storage.tables import journeys, messages

OUT: Final = (
    MessageStatus.ACCEPTED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.UNKNOWN,
)
"""Statuses of a message that went out, or may have."""

UNCONFIRMED: Final = (MessageStatus.ACCEPTED, MessageStatus.SENT, MessageStatus.UNKNOWN)
"""It went out or may have, and no word came of its delivery."""

REACHED: Final = (MessageStatus.DELIVERED, MessageStatus.READ)


def claimed_in(store_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """The messages of a store that were claimed in a period."""
    claimed_at = messages.c.claimed_at
    return and_(messages.c.store_id == store_id, claimed_at >= start, claimed_at < end)


def _count_if(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    counted: FunctionElement[int] = func.count()
    return counted.filter(condition).label(name)


def _counts() -> list[ColumnElement[Any]]:
    status = messages.c.status
    conditions = {
        "messaged": status.in_(OUT),
        "unconfirmed": status.in_(UNCONFIRMED),
        "undelivered": status == MessageStatus.FAILED,
        "withheld": status == MessageStatus.WITHHELD,
        "delivered": status.in_(REACHED),
        "read": status == MessageStatus.READ,
        "clicked": messages.c.clicked_at.is_not(None),
        "replied": messages.c.replied_at.is_not(None),
    }
    return [_count_if(condition, name) for name, condition in conditions.items()]


async def counted(
    connection: AsyncConnection, store_id: str, by: By, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many messages of each group were claimed, and what became of them."""
    columns = columns_of(connection, by)
    query = select(*columns, *_counts()).where(claimed_in(store_id, start, end))
    return await _rows(connection, query.group_by(*columns))


async def journeys_with_messages(
    connection: AsyncConnection, store_id: str, by: By, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many journeys came to the claim of a message of each group."""
    columns = columns_of(connection, by)
    different = func.count(messages.c.trigger_event_id.distinct()).label("journeys")
    query = select(*columns, different).where(claimed_in(store_id, start, end))
    return await _rows(connection, query.group_by(*columns))


async def closed_journeys(
    connection: AsyncConnection, store_id: str, by: By, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many journeys closed, by the kind of their trigger or by day."""
    at = journeys.c.closed_at
    column = quarter_of(connection, at).label("quarter") if by is By.DAY else journeys.c.kind
    query = select(column, func.count().label("journeys")).where(
        journeys.c.store_id == store_id, at >= start, at < end
    )
    return await _rows(connection, query.group_by(column))


async def billed(
    connection: AsyncConnection, store_id: str, by: By, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many messages Meta says that it bills, by group, category and country."""
    columns = [*columns_of(connection, by), messages.c.price_category, messages.c.country]
    query = select(*columns, func.count().label("count")).where(
        claimed_in(store_id, start, end), messages.c.billable == true()
    )
    return await _rows(connection, query.group_by(*columns))


async def people_messaged(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> dict[str, int]:
    """How many people came to the claim of a message of each plan."""
    different = func.count(messages.c.address_hash.distinct())
    query = select(messages.c.kind, different).where(claimed_in(store_id, start, end))
    found = await connection.execute(query.group_by(messages.c.kind))
    return {row[0]: row[1] for row in found}


async def _rows(connection: AsyncConnection, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]
