"""What was accepted for a customer since a journey's trigger, whether or not it was delivered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery
from storage.tables import inbox

MAX_OF_A_KIND = 20
"""The newest events of each kind that are read, emptied carts apart. Of one kind, older ones decide
nothing more."""


@dataclass(frozen=True)
class Since:
    """From when on events matter to a journey."""

    left_at: datetime
    orders_since: datetime


async def accepted(
    connection: AsyncConnection, customer: CustomerRef, since: Since, run_id: str = ""
) -> list[JourneyEvent]:
    """A customer's events that may end or move a journey, newest first.

    Events that another journey took in are left out, except orders and emptied carts.

    Args:
        connection: to read by.
        customer: whose events.
        since: from when on they matter.
        run_id: of the journey. It may have closed and decide once more: what it took in is its own.
    """
    takes_back = or_(inbox.c.kind == EventKind.ORDER_PLACED, inbox.c.empties_cart)
    is_free = or_(inbox.c.taken_by.is_(None), inbox.c.taken_by == run_id, takes_back)
    is_new = and_(inbox.c.at > since.left_at, is_free)
    ordered = and_(inbox.c.at >= since.orders_since, inbox.c.kind == EventKind.ORDER_PLACED)
    return await _newest_of_each_kind(connection, customer, or_(is_new, ordered))


async def unsignalled(
    connection: AsyncConnection, customer: CustomerRef, left_at: datetime
) -> list[JourneyEvent]:
    """Later events that no journey was signalled or took in, newest first."""
    is_left = and_(inbox.c.signalled.is_(False), inbox.c.taken_by.is_(None), inbox.c.at > left_at)
    return await _newest_of_each_kind(connection, customer, is_left)


async def _newest_of_each_kind(
    connection: AsyncConnection, customer: CustomerRef, which: ColumnElement[bool]
) -> list[JourneyEvent]:
    newest = (inbox.c.at.desc(), inbox.c.id.desc())
    place = func.row_number().over(
        partition_by=(inbox.c.kind, inbox.c.empties_cart), order_by=newest
    )
    columns = [inbox.c[name] for name in JourneyEvent.model_fields]
    found = (
        select(*columns, inbox.c.id, place.label("place"))
        .where(
            inbox.c.store_id == customer.store_id,
            inbox.c.customer_id == customer.customer_id,
            inbox.c.delivery != Delivery.STORE_ONLY,
            inbox.c.kind != OPERATOR_EXIT,
            which,
        )
        .subquery()
    )
    query = (
        select(found)
        .where(found.c.place <= MAX_OF_A_KIND)
        .order_by(found.c.at.desc(), found.c.id.desc())
    )
    rows = (await connection.execute(query)).mappings()
    return [JourneyEvent.model_validate(dict(row)) for row in rows]


async def exited(
    connection: AsyncConnection, customer: CustomerRef, trigger_event_id: str
) -> JourneyEvent | None:
    """The operator's exit that came after the trigger, by arrival or by the clock."""
    trigger = inbox.alias()
    is_trigger = (
        trigger.c.store_id == customer.store_id,
        trigger.c.event_id == trigger_event_id,
    )
    trigger_id = select(trigger.c.id).where(*is_trigger).scalar_subquery()
    trigger_at = select(trigger.c.at).where(*is_trigger).scalar_subquery()
    query = (
        select(inbox)
        .where(
            inbox.c.store_id == customer.store_id,
            inbox.c.customer_id == customer.customer_id,
            inbox.c.kind == OPERATOR_EXIT,
            or_(inbox.c.id > trigger_id, inbox.c.at >= trigger_at),
        )
        .limit(1)
    )
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else JourneyEvent.model_validate(dict(row))


async def taken(
    connection: AsyncConnection, store_id: str, event_ids: Collection[str], run_id: str
) -> list[str]:
    """Those of these events that another run, which closed, took in."""
    query = select(inbox.c.event_id).where(
        inbox.c.store_id == store_id,
        inbox.c.event_id.in_(event_ids),
        inbox.c.taken_by != run_id,
    )
    return list((await connection.execute(query)).scalars())


@dataclass(frozen=True)
class TakenIn:
    """The events that a closed journey took in."""

    run_id: str
    event_ids: Collection[str]
    up_to: datetime | None
    """When its customer left: what was accepted and is not newer counts as taken in."""
    but: Collection[str]
    """What the next journey may begin with."""
    at: datetime
    """When the journey closed."""
    closed_before: datetime | None = None
    """When it closed by an earlier record of this run, which this one replaces."""


async def take(connection: AsyncConnection, customer: CustomerRef, what: TakenIn) -> None:
    """Mark events, so that none of them starts another journey when it is delivered again.

    Those that wait for their delivery need none any more, except what may stop other journeys.
    """
    of_customer = (
        inbox.c.store_id == customer.store_id,
        inbox.c.customer_id == customer.customer_id,
    )
    await _give_back(connection, what, of_customer)
    by_id = inbox.c.event_id.in_(what.event_ids)
    which = by_id if what.up_to is None else or_(by_id, inbox.c.at <= what.up_to)
    await connection.execute(
        update(inbox)
        .where(
            *of_customer,
            inbox.c.taken_by.is_(None),
            inbox.c.event_id.not_in(what.but),
            which,
        )
        .values(taken_by=what.run_id, dispatched_at=_delivered(what.at))
    )


async def _give_back(
    connection: AsyncConnection, what: TakenIn, of_customer: Sequence[ColumnElement[bool]]
) -> None:
    """Undo an earlier record of this run, which decided without a signal that came.

    What was not delivered because that record had taken it in is delivered after all.
    """
    undelivered = case(
        (inbox.c.dispatched_at == what.closed_before, None), else_=inbox.c.dispatched_at
    )
    await connection.execute(
        update(inbox)
        .where(*of_customer, inbox.c.taken_by == what.run_id)
        .values(taken_by=None, dispatched_at=undelivered)
    )


def _delivered(at: datetime) -> ColumnElement[Any]:
    others_need_it = inbox.c.kind.in_((EventKind.ORDER_PLACED, OPERATOR_EXIT))
    return case(
        (others_need_it, inbox.c.dispatched_at), else_=func.coalesce(inbox.c.dispatched_at, at)
    )
