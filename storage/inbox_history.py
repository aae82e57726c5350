"""The inbox as a customer's history tells of it: what was ignored, and whether there is anything.

An operator's exit is stored beside the events and is none.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.kinds import OPERATOR_EXIT
from storage.tables import inbox


@dataclass(frozen=True)
class IgnoredEvent:
    """An event that no journey has, and why."""

    id: int
    event_id: str
    kind: str
    at: datetime
    received_at: datetime
    because: str


async def ignored(
    connection: AsyncConnection, store_id: str, customer_id: str, before: int | None, limit: int
) -> list[IgnoredEvent]:
    """A customer's ignored events, the last to arrive first.

    An event that waits to be delivered may still find an open journey: it is not among them.

    Args:
        connection: of the caller's transaction.
        store_id: the customer's store.
        customer_id: the customer.
        before: only those that arrived before the event of this id.
        limit: how many at most.
    """
    columns = (inbox.c.id, inbox.c.event_id, inbox.c.kind, inbox.c.at, inbox.c.received_at)
    query = select(*columns, inbox.c.ignored_because.label("because")).where(
        _posted_by(store_id, customer_id),
        inbox.c.ignored_because.is_not(None),
        inbox.c.dispatched_at.is_not(None),
    )
    if before is not None:
        query = query.where(inbox.c.id < before)
    found = await connection.execute(query.order_by(inbox.c.id.desc()).limit(limit))
    return [IgnoredEvent(**row) for row in found.mappings()]


async def has_any(connection: AsyncConnection, store_id: str, customer_id: str) -> bool:
    """Whether an event of this customer is kept."""
    query = select(inbox.c.id).where(_posted_by(store_id, customer_id)).limit(1)
    return (await connection.execute(query)).first() is not None


def _posted_by(store_id: str, customer_id: str) -> ColumnElement[bool]:
    return and_(
        inbox.c.store_id == store_id,
        inbox.c.customer_id == customer_id,
        inbox.c.kind != OPERATOR_EXIT,
    )
