"""All stores at a glance: one grouped query for each thing that is counted, of any number of them.

The queries read indexes of few rows. The two that do not are about the last arrivals, and about
the messages of some days.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.kinds import OPERATOR_EXIT
from storage import exit_api_state
from storage import stores as store_rows
from storage.database import MAX_COUNTED
from storage.messages import MessageStatus
from storage.result_tables import orders
from storage.tables import UNSETTLED, holds, inbox, messages, quarantine, stores, template_holds
from storage.tables import exit_api_state as exit_apis

RECENT: Final = 10_000
"""The newest arrivals, in which the last event of a busy store is found."""


@dataclass(frozen=True)
class StoreRow:
    """A store's own row, without its configuration."""

    store_id: str
    name: str
    paused_at: datetime | None
    paused_because: str | None
    created_at: datetime


@dataclass(frozen=True)
class Backlog:
    """Accepted events of a store that are not delivered yet."""

    count: int
    since: datetime


async def rows(connection: AsyncConnection) -> list[StoreRow]:
    """Every store, by id."""
    names = ("store_id", "paused_at", "paused_because", "created_at")
    columns = [stores.c[name] for name in names]
    query = select(*columns, stores.c.config["name"].as_string().label("name"))
    found = await connection.execute(query.order_by(stores.c.store_id))
    return [StoreRow(**row) for row in found.mappings()]


async def last_events(connection: AsyncConnection) -> dict[str, datetime]:
    """When the last event of each store arrived, of those that are kept."""
    newest = inbox.c.id.desc()
    recent = select(inbox.c.store_id, inbox.c.kind, inbox.c.received_at).order_by(newest)
    some = recent.limit(RECENT).subquery()
    posted = some.c.kind != OPERATOR_EXIT
    last = select(some.c.store_id, func.max(some.c.received_at)).where(posted)
    found = {row[0]: row[1] for row in await connection.execute(last.group_by(some.c.store_id))}
    return {**await _older_events(connection, set(found)), **found}


async def _older_events(connection: AsyncConnection, known: set[str]) -> dict[str, datetime]:
    """The last arrivals of all other stores, from the index on store, customer and id."""
    last = (
        select(func.max(inbox.c.id).label("id"))
        .where(inbox.c.store_id.not_in(sorted(known)))
        .group_by(inbox.c.store_id)
        .subquery()
    )
    query = select(inbox.c.store_id, inbox.c.received_at).join(last, last.c.id == inbox.c.id)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def last_messages(connection: AsyncConnection) -> dict[str, datetime]:
    """When the last message of each store was claimed."""
    last = (
        select(func.max(messages.c.claimed_at))
        .where(messages.c.store_id == stores.c.store_id)
        .scalar_subquery()
    )
    found = await connection.execute(select(stores.c.store_id, last))
    return {store_id: at for store_id, at in found if at is not None}


async def backlogs(connection: AsyncConnection) -> dict[str, Backlog]:
    """What each store has to be delivered, up to `MAX_COUNTED` in all."""
    undelivered = inbox.c.dispatched_at.is_(None)
    waits = select(inbox.c.store_id, inbox.c.received_at).where(undelivered)
    some = waits.limit(MAX_COUNTED).subquery()
    query = select(some.c.store_id, func.count(), func.min(some.c.received_at))
    found = await connection.execute(query.group_by(some.c.store_id))
    return {store_id: Backlog(count, since) for store_id, count, since in found}


async def unknown(connection: AsyncConnection) -> dict[str, int]:
    """How many messages of each store Meta may or may not have."""
    unsettled = text(UNSETTLED), messages.c.status == MessageStatus.UNKNOWN
    return await _counts(connection, select(messages.c.store_id).where(*unsettled))


async def quarantined(connection: AsyncConnection) -> dict[str | None, int]:
    """How many bodies of each store are quarantined; None: of no store."""
    return await _counts(connection, select(quarantine.c.store_id))


async def held_journeys(connection: AsyncConnection) -> dict[str, int]:
    """How many journeys of each store wait for it, or for a template of it."""
    return await _counts(connection, select(holds.c.store_id))


async def held_templates(connection: AsyncConnection) -> dict[str, list[dict[str, Any]]]:
    """The held templates of each store, oldest first."""
    names = ("store_id", "template", "language", "because", "held_at")
    query = select(*(template_holds.c[name] for name in names)).order_by(template_holds.c.held_at)
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in (await connection.execute(query.limit(MAX_COUNTED))).mappings():
        found[row["store_id"]].append({name: row[name] for name in names[1:]})
    return found


async def messages_by_day(
    connection: AsyncConnection, since: datetime
) -> Mapping[str, Mapping[date, int]]:
    """How many messages of each store were claimed on which day, in UTC."""
    return await _by_day(connection, messages.c.store_id, messages.c.claimed_at, since)


async def orders_by_day(
    connection: AsyncConnection, since: datetime
) -> Mapping[str, Mapping[date, int]]:
    """How many orders of each store were placed on which day, in UTC, cancelled ones included."""
    return await _by_day(connection, orders.c.store_id, orders.c.placed_at, since)


async def _by_day(
    connection: AsyncConnection, store_id: Column[str], at: Column[datetime], since: datetime
) -> Mapping[str, Mapping[date, int]]:
    """By store, since tables have an index on store and time."""
    day = _day_of(connection, at)
    query = (
        select(stores.c.store_id, day.label("day"), func.count())
        .join(at.table, store_id == stores.c.store_id)
        .where(at >= since)
        .group_by(stores.c.store_id, day)
    )
    found: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for of_store, of_day, count in await connection.execute(query):
        found[of_store][date.fromisoformat(of_day)] = count
    return found


def _day_of(connection: AsyncConnection, at: Column[datetime]) -> ColumnElement[str]:
    """The day of a time in UTC, such as `2026-11-30`."""
    if connection.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d", at)
    return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD")


async def exit_api_failures(connection: AsyncConnection) -> dict[str, datetime]:
    """Since when the Exit API of a store does not answer, of stores that still ask it."""
    query = (
        select(*store_rows.COLUMNS, *exit_api_state.COLUMNS)
        .join(exit_apis, exit_apis.c.store_id == stores.c.store_id)
        .where(exit_apis.c.failing_since.is_not(None))
    )
    found = {}
    for row in (await connection.execute(query)).mappings():
        api = store_rows.of_row(connection, row).config.exit_api
        state = None if api is None else exit_api_state.of_row(row, api)
        if state is not None and state.failing_since is not None:
            found[row["store_id"]] = state.failing_since
    return found


async def _counts(connection: AsyncConnection, of_stores: Select[Any]) -> dict[Any, int]:
    """How many rows each store has, up to `MAX_COUNTED` in all."""
    some = of_stores.limit(MAX_COUNTED).subquery()
    counted = select(some.c.store_id, func.count()).group_by(some.c.store_id)
    return {row[0]: row[1] for row in await connection.execute(counted)}
