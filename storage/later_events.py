"""What was accepted for a customer since a journey's trigger, whether or not it was delivered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import OPERATOR_EXIT
from domain.journey.identity import CustomerRef
from storage.later_event_queries import ACCEPTED, ACCEPTED_OR_EXITS, TAKE, TAKEN, UNSIGNALLED


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
    return await _events(connection, ACCEPTED, customer, since.__dict__ | {"run_id": run_id})


async def accepted_or_exit(
    connection: AsyncConnection, customer: CustomerRef, since: Since, trigger_event_id: str
) -> tuple[list[JourneyEvent], JourneyEvent | None]:
    """As `accepted`, and the operator's exit that came after the trigger, if one did.

    It came after it by arrival or by the clock.
    """
    what = since.__dict__ | {"run_id": "", "trigger": trigger_event_id}
    found = await _events(connection, ACCEPTED_OR_EXITS, customer, what)
    exits = [event for event in found if event.kind == OPERATOR_EXIT]
    return [event for event in found if event not in exits], exits[0] if exits else None


async def unsignalled(
    connection: AsyncConnection, customer: CustomerRef, left_at: datetime
) -> list[JourneyEvent]:
    """Later events that no journey was signalled or took in, newest first."""
    return await _events(connection, UNSIGNALLED, customer, {"left_at": left_at})


async def _events(
    connection: AsyncConnection,
    query: Select[Any],
    customer: CustomerRef,
    what: Mapping[str, Any],
) -> list[JourneyEvent]:
    rows = await connection.execute(query, {**_of(customer), **what})
    return [JourneyEvent.model_validate(dict(row)) for row in rows.mappings()]


async def taken(
    connection: AsyncConnection, store_id: str, event_ids: Collection[str], run_id: str
) -> list[str]:
    """Those of these events that another run, which closed, took in."""
    what = {"of_store": store_id, "event_ids": list(event_ids), "run_id": run_id}
    return list((await connection.execute(TAKEN, what)).scalars())


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
    """When it closed by an earlier record of this run, which decided without a signal that came."""


async def take(connection: AsyncConnection, customer: CustomerRef, what: TakenIn) -> None:
    """Mark events, so that none of them starts another journey when it is delivered again.

    Those that wait for their delivery need none any more, except what may stop other journeys.
    """
    marked = {
        "run_id": what.run_id,
        "event_ids": list(what.event_ids),
        "up_to": what.up_to,
        "but": list(what.but),
        "closed_at": what.at,
        "closed_before": what.closed_before,
    }
    await connection.execute(TAKE, {**_of(customer), **marked})


def _of(customer: CustomerRef) -> dict[str, str]:
    return {"of_store": customer.store_id, "of_customer": customer.customer_id}
