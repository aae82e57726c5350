"""All stores at a glance, those that need a person first."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.outcomes import Stage
from domain.stores.attention import ORDER, StoreState, Urgency, needs_of, urgency_of
from storage import store_summaries
from storage.database import Database
from storage.store_summaries import Backlog, StoreRow
from storage.stores import PAUSED_BY_OPERATOR
from temporal.gateway import JourneyGateway
from temporal.rpc import TemporalUnavailableError, UndeliverableError

DAYS: Final = 7
AT_ONCE: Final = 10
"""Stores whose open journeys are counted at the same time."""

COUNT_WITHIN: Final = timedelta(seconds=3)
"""For the open journeys of all stores; those that are not counted by then are not known."""


class HeldTemplate(BaseModel):
    """A template that may not be sent now."""

    template: str
    language: str
    because: str
    held_at: AwareDatetime


class StoreOverview(BaseModel):
    """A store and its state."""

    store_id: str
    name: str
    urgency: Urgency
    needs: list[str]
    """In plain words, the most urgent first."""
    paused: bool
    paused_because: str | None
    held_journeys: int
    held_templates: list[HeldTemplate]
    exit_api_failing_since: AwareDatetime | None
    last_event_at: AwareDatetime | None
    last_message_at: AwareDatetime | None
    backlog: int
    unknown: int
    quarantined: int
    messages_by_day: list[int]
    """Claimed on each of the last `DAYS` days in UTC, oldest first; the last is today."""
    orders_by_day: list[int]
    """Placed on each of these days, whether or not a message led to them."""
    open_journeys: dict[Stage, int] | None = None
    """By stage; None: Temporal did not answer in time, or was not asked."""


class Overview(BaseModel):
    """Every store, those that need a person first, and what belongs to none."""

    stores: list[StoreOverview]
    quarantined_of_no_store: int


@dataclass(frozen=True)
class _Facts:
    """What the database has of all stores, by store."""

    last_events: Mapping[str, datetime]
    last_messages: Mapping[str, datetime]
    backlogs: Mapping[str, Backlog]
    unknown: Mapping[str, int]
    quarantined: Mapping[str | None, int]
    held_journeys: Mapping[str, int]
    held_templates: Mapping[str, list[dict[str, Any]]]
    exit_api_failures: Mapping[str, datetime]
    messages_by_day: Mapping[str, Mapping[date, int]]
    orders_by_day: Mapping[str, Mapping[date, int]]


async def overview_of(database: Database, now: datetime) -> Overview:
    """Every store with its state, by a number of queries that does not grow with the stores."""
    first = (now - timedelta(days=DAYS - 1)).date()
    days = [first + timedelta(days=number) for number in range(DAYS)]
    async with database.reading(long=True) as connection:
        rows = await store_summaries.rows(connection)
        facts = await _facts(connection, now - timedelta(days=DAYS))
    found = [_overview(row, facts, days, now) for row in rows]
    return Overview(
        stores=sorted(found, key=_place),
        quarantined_of_no_store=facts.quarantined.get(None, 0),
    )


async def _facts(connection: AsyncConnection, since: datetime) -> _Facts:
    return _Facts(
        last_events=await store_summaries.last_events(connection),
        last_messages=await store_summaries.last_messages(connection),
        backlogs=await store_summaries.backlogs(connection),
        unknown=await store_summaries.unknown(connection),
        quarantined=await store_summaries.quarantined(connection),
        held_journeys=await store_summaries.held_journeys(connection),
        held_templates=await store_summaries.held_templates(connection),
        exit_api_failures=await store_summaries.exit_api_failures(connection),
        messages_by_day=await store_summaries.messages_by_day(connection, since),
        orders_by_day=await store_summaries.orders_by_day(connection, since),
    )


def _overview(row: StoreRow, facts: _Facts, days: Sequence[date], now: datetime) -> StoreOverview:
    state = _state(row, facts)
    needs = needs_of(state, now)
    sent = facts.messages_by_day.get(row.store_id, {})
    ordered = facts.orders_by_day.get(row.store_id, {})
    return StoreOverview(
        store_id=row.store_id,
        name=row.name,
        urgency=urgency_of(needs),
        needs=[need.words for need in needs],
        paused=row.paused_at is not None,
        paused_because=row.paused_because,
        held_journeys=state.held_journeys,
        held_templates=[
            HeldTemplate.model_validate(each) for each in facts.held_templates.get(row.store_id, [])
        ],
        exit_api_failing_since=state.exit_api_failing_since,
        last_event_at=state.last_event_at,
        last_message_at=facts.last_messages.get(row.store_id),
        backlog=state.backlog,
        unknown=state.unknown,
        quarantined=state.quarantined,
        messages_by_day=[sent.get(day, 0) for day in days],
        orders_by_day=[ordered.get(day, 0) for day in days],
    )


def _state(row: StoreRow, facts: _Facts) -> StoreState:
    store_id, backlog = row.store_id, facts.backlogs.get(row.store_id)
    because = row.paused_because or PAUSED_BY_OPERATOR
    return StoreState(
        paused_because=because if row.paused_at else None,
        paused_by_operator=because == PAUSED_BY_OPERATOR,
        held_templates=len(facts.held_templates.get(store_id, [])),
        held_journeys=facts.held_journeys.get(store_id, 0),
        exit_api_failing_since=facts.exit_api_failures.get(store_id),
        backlog=backlog.count if backlog else 0,
        waiting_since=backlog.since if backlog else None,
        unknown=facts.unknown.get(store_id, 0),
        quarantined=facts.quarantined.get(store_id, 0),
        last_event_at=facts.last_events.get(store_id),
    )


def _place(store: StoreOverview) -> tuple[int, int, str]:
    """Where a store stands in the list."""
    return ORDER.index(store.urgency), -len(store.needs), store.store_id


async def with_open_journeys(overview: Overview, journeys: JourneyGateway) -> Overview:
    """The overview with the open journeys of each store by stage, as far as Temporal answers."""
    turns, found = asyncio.Semaphore(AT_ONCE), dict[str, dict[Stage, int]]()

    async def count(store_id: str) -> None:
        async with turns:
            with suppress(TemporalUnavailableError, UndeliverableError):
                found[store_id] = await journeys.open_by_stage(store_id)

    with suppress(TimeoutError):
        async with asyncio.timeout(COUNT_WITHIN.total_seconds()):
            await asyncio.gather(*(count(store.store_id) for store in overview.stores))
    stores = [
        store.model_copy(update={"open_journeys": found.get(store.store_id)})
        for store in overview.stores
    ]
    return overview.model_copy(update={"stores": stores})
