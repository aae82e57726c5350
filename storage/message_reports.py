"""The ledger as it is listed and counted: for one journey, a store, or all stores."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, null, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.messages import MessageStatus
from storage.tables import messages

REACHED = (
    MessageStatus.ACCEPTED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
)
"""Statuses of a message that its person got, as far as is known."""


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


async def for_triggers(
    connection: AsyncConnection, store_id: str, customer_id: str, trigger_event_ids: Iterable[str]
) -> dict[str, list[dict[str, Any]]]:
    """As `for_trigger`, of several journeys of a customer, by trigger."""
    query = select(messages).where(
        messages.c.store_id == store_id,
        messages.c.customer_id == customer_id,
        messages.c.trigger_event_id.in_(trigger_event_ids),
    )
    found = await connection.execute(query.order_by(messages.c.step, messages.c.fallback))
    by_trigger: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found.mappings():
        by_trigger[row["trigger_event_id"]].append(dict(row))
    return by_trigger


async def listed(
    connection: AsyncConnection, store_id: str, page: LedgerPage
) -> list[dict[str, Any]]:
    """A store's messages in the order in which they were claimed."""
    query = select(messages).where(_claimed_in(store_id, page.start, page.end))
    if page.status is not None:
        query = query.where(messages.c.status == page.status)
    if page.after is not None:
        query = query.where(tuple_(messages.c.claimed_at, messages.c.message_id) > page.after)
    ordered = query.order_by(messages.c.claimed_at, messages.c.message_id).limit(page.limit)
    return [dict(row) for row in (await connection.execute(ordered)).mappings()]


async def counted(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many messages of each plan, step and fallback have which status."""
    columns = (messages.c.kind, messages.c.step, messages.c.fallback, messages.c.status)
    found = await connection.execute(
        select(*columns, func.count().label("count"))
        .where(_claimed_in(store_id, start, end))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [dict(row) for row in found.mappings()]


async def people(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many different numbers got a message of each plan and step; `step` None: of the plan."""
    numbers = func.count(messages.c.address_hash.distinct()).label("count")
    got = and_(_claimed_in(store_id, start, end), messages.c.status.in_(REACHED))
    of_plans = select(messages.c.kind, null().label("step"), numbers).where(got)
    of_steps = select(messages.c.kind, messages.c.step, numbers).where(got)
    found: list[dict[str, Any]] = []
    for query in (
        of_plans.group_by(messages.c.kind),
        of_steps.group_by(messages.c.kind, messages.c.step),
    ):
        found += [dict(row) for row in (await connection.execute(query)).mappings()]
    return found


def _claimed_in(store_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(
        messages.c.store_id == store_id,
        messages.c.claimed_at >= start,
        messages.c.claimed_at < end,
    )


async def by_status(connection: AsyncConnection) -> dict[str, int]:
    """How many messages have which status, of all stores."""
    query = select(messages.c.status, func.count()).group_by(messages.c.status)
    return {row[0]: row[1] for row in await connection.execute(query)}
