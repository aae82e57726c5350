"""Closed journeys: one row per run, written when it closes."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, bindparam, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.outcomes import ClosedJourney
from storage.new_rows import insert_if_new
from storage.result_changes import change, mark, mark_late
from storage.tables import journeys

_ADD: Final = insert_if_new(journeys)
_FORGET: Final = (
    delete(journeys).where(journeys.c.run_id == bindparam("of_run")).returning(journeys.c.closed_at)
)


async def record(
    connection: AsyncConnection, journey: ClosedJourney, now: datetime | None = None
) -> datetime | None:
    """Record a closed journey, in place of an earlier record of the same run.

    A run closes again when a signal came while it closed: Temporal has it decide once more.

    Args:
        connection: of a transaction.
        journey: the journey.
        now: the time; None: the journey closes now.

    Returns:
        When the run closed by its earlier record; None: it had none.
    """
    plain = journey.model_dump(mode="json")
    trigger = journey.trigger
    values = {
        **plain,
        "kind": trigger and trigger.kind,
        "trigger_event_id": trigger and trigger.event_id,
        "left_at": journey.left_at,
        "closed_at": journey.closed_at,
    }
    closed = [change(journey.store_id, journey.closed_at)]
    await mark_late(connection, closed, now or journey.closed_at)
    add = _ADD[connection.dialect.name]
    if (await connection.execute(add, values)).first() is not None:
        return None
    forgotten = await connection.execute(_FORGET, {"of_run": journey.run_id})
    closed_before: datetime | None = forgotten.scalar()
    await connection.execute(add, values)
    if closed_before is not None:
        await mark(connection, [change(journey.store_id, closed_before), *closed])
    return closed_before


async def is_recorded(connection: AsyncConnection, run_id: str) -> bool:
    """Whether the end of this run is recorded; its workflow may still be completing."""
    query = select(journeys.c.run_id).where(journeys.c.run_id == run_id)
    return (await connection.execute(query)).first() is not None


async def latest(
    connection: AsyncConnection, store_id: str, customer_id: str
) -> ClosedJourney | None:
    """The customer's journey that closed last."""
    query = (
        select(journeys)
        .where(journeys.c.store_id == store_id, journeys.c.customer_id == customer_id)
        .order_by(journeys.c.closed_at.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else _journey(row)


async def listed(
    connection: AsyncConnection,
    store_id: str,
    customer_id: str,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[ClosedJourney]:
    """A customer's closed journeys, the last to close first.

    Args:
        connection: of the caller's transaction.
        store_id: the customer's store.
        customer_id: the customer.
        before: when the last journey of the page before closed, and its run id.
        limit: how many at most.
    """
    position = tuple_(journeys.c.closed_at, journeys.c.run_id)
    query = select(journeys).where(
        journeys.c.store_id == store_id, journeys.c.customer_id == customer_id
    )
    if before is not None:
        query = query.where(position < before)
    ordered = query.order_by(journeys.c.closed_at.desc(), journeys.c.run_id.desc()).limit(limit)
    return [_journey(row) for row in (await connection.execute(ordered)).mappings()]


async def counted(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many journeys of each kind closed with which outcome and reason."""
    columns = (journeys.c.kind, journeys.c.outcome, journeys.c.reason)
    found = await connection.execute(
        select(*columns, func.count().label("count"))
        .where(
            journeys.c.store_id == store_id,
            journeys.c.closed_at >= start,
            journeys.c.closed_at < end,
        )
        .group_by(*columns)
        .order_by(*columns)
    )
    return [dict(row) for row in found.mappings()]


def _journey(row: RowMapping) -> ClosedJourney:
    return ClosedJourney.model_validate({name: row[name] for name in ClosedJourney.model_fields})
