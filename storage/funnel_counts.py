"""What came in for a store in a period, how its journeys ended, and what was not sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.kinds import OPERATOR_EXIT
from storage.database import count_some
from storage.message_counts import claimed_in
from storage.messages import OUT, MessageStatus
from storage.tables import inbox, journeys, messages

MAX_REASONS: Final = 50
"""Of one table: more are not read by a person."""

NOT_SENT: Final = (MessageStatus.FAILED, MessageStatus.NOT_SENT, MessageStatus.WITHHELD)


@dataclass(frozen=True)
class Ending:
    """Journeys that ended alike."""

    plan: str | None
    outcome: str
    reason: str
    messaged: bool
    """Whether a message of theirs went out, or may have."""
    journeys: int


@dataclass(frozen=True)
class Unsent:
    """Messages that were claimed and did not go out, for one reason."""

    status: str
    because: str | None
    messages: int


@dataclass(frozen=True)
class Ignored:
    """Events that led to nothing, for one reason."""

    because: str
    events: int


def events_in(store_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """What partners posted for a store in a period, of what is kept."""
    return and_(
        inbox.c.store_id == store_id,
        inbox.c.received_at >= start,
        inbox.c.received_at < end,
        inbox.c.kind != OPERATOR_EXIT,
    )


def closed_in(store_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """The journeys of a store that closed in a period."""
    at = journeys.c.closed_at
    return and_(journeys.c.store_id == store_id, at >= start, at < end)


def was_messaged() -> ColumnElement[bool]:
    """Whether a message of a journey went out, or may have."""
    return (
        select(messages.c.message_id)
        .where(
            messages.c.store_id == journeys.c.store_id,
            messages.c.customer_id == journeys.c.customer_id,
            messages.c.trigger_event_id == journeys.c.trigger_event_id,
            messages.c.status.in_(OUT),
        )
        .exists()
    )


async def events(connection: AsyncConnection, store_id: str, start: datetime, end: datetime) -> int:
    """How many events came, of those that are kept; counting stops at `MAX_COUNTED`."""
    return await count_some(connection, select(inbox.c.id).where(events_in(store_id, start, end)))


async def ignored(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[Ignored]:
    """Why events led to nothing, the commonest reason first."""
    because, count = inbox.c.ignored_because, func.count()
    query = (
        select(because, count)
        .where(events_in(store_id, start, end), because.is_not(None))
        .group_by(because)
        .order_by(count.desc(), because)
        .limit(MAX_REASONS)
    )
    return [Ignored(*row) for row in await connection.execute(query)]


async def endings(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[Ending]:
    """How journeys ended, before and after a message, the commonest first."""
    some = (
        select(
            *(journeys.c.kind, journeys.c.outcome, journeys.c.reason),
            was_messaged().label("messaged"),
        )
        .where(closed_in(store_id, start, end))
        .subquery()
    )
    count: Any = func.count()
    query = select(*some.c, count).group_by(*some.c).order_by(count.desc(), *some.c)
    return [Ending(*row[:5]) for row in await connection.execute(query)]


async def unsent(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[Unsent]:
    """Why messages that were claimed did not go out, the commonest reason first."""
    columns, count = (messages.c.status, messages.c.because), func.count()
    query = (
        select(*columns, count)
        .where(claimed_in(store_id, start, end), messages.c.status.in_(NOT_SENT))
        .group_by(*columns)
        .order_by(count.desc(), *columns)
        .limit(MAX_REASONS)
    )
    return [Unsent(*row) for row in await connection.execute(query)]


async def due(connection: AsyncConnection, store_id: str, start: datetime, end: datetime) -> int:
    """How many messages were claimed: their time had come, and nothing spoke against them."""
    query = select(func.count()).select_from(messages).where(claimed_in(store_id, start, end))
    return int((await connection.execute(query)).scalar_one())
