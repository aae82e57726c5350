"""Gauges count right, and without scanning the ledger."""

import pytest
from sqlalchemy import text

from storage import database as counting
from storage import gauges, messages, quarantine, stores, template_holds
from storage.database import Database
from storage.gauges import GaugeValues
from storage.holds import Hold
from storage.holds import add as hold
from storage.messages import LedgerUpdate, MessageStatus
from storage.quarantine import Rejected
from tests.storage.builders import DETAILS, NOW, OTHER_STORE, STORE, accept, an_event, key

NOTHING = GaugeValues(
    backlog=0,
    quarantined=0,
    held_templates=0,
    paused_stores={"operator": 0, "account": 0},
    held_journeys={"store": 0, "template": 0},
    unsettled_messages={"claimed": 0, "unknown": 0},
)
EXPLAIN = {
    "sqlite": ["EXPLAIN QUERY PLAN"],
    "postgresql": ["SET LOCAL enable_seqscan = off", "EXPLAIN"],
}


async def counted(database: Database) -> GaugeValues:
    async with database.reading() as connection:
        return await gauges.read_gauges(connection)


async def test_nothing_is_counted_as_zeros(registered: Database) -> None:
    assert await counted(registered) == NOTHING


async def test_everything_that_waits_or_is_held_is_counted(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    async with registered.transaction() as connection:
        await stores.pause(connection, STORE, NOW, stores.PAUSED_BY_OPERATOR)
        await stores.pause(connection, OTHER_STORE, NOW, "Meta answers 131031")
        await template_holds.add(connection, STORE, "reminder", "Meta answers 132015", NOW)
        for number in range(3):
            await hold(connection, Hold(STORE, f"c{number}", NOW), "x", "reminder")
        await hold(connection, Hold(OTHER_STORE, "c1", NOW), "paused")
        await quarantine.add(connection, Rejected(STORE, "{", []), NOW)
        await quarantine.add(connection, Rejected(None, "{", []), NOW)
    assert await counted(registered) == GaugeValues(
        backlog=1,
        quarantined=2,
        held_templates=1,
        paused_stores={"operator": 1, "account": 1},
        held_journeys={"store": 1, "template": 3},
        unsettled_messages={"claimed": 0, "unknown": 0},
    )


async def test_of_messages_only_the_unsettled_are_counted(registered: Database) -> None:
    outcomes = [None, "unknown", "unknown", "accepted", "failed", "not_sent"]
    async with registered.transaction() as connection:
        for step, status in enumerate(outcomes):
            message_id = await messages.claim(connection, key(step), DETAILS, NOW)
            if status is not None:
                values = LedgerUpdate(MessageStatus(status))
                await messages.settle(connection, message_id, NOW, values)
    assert (await counted(registered)).unsettled_messages == {"claimed": 1, "unknown": 2}


async def test_resuming_leaves_nothing_paused(registered: Database) -> None:
    async with registered.transaction() as connection:
        await stores.pause(connection, STORE, NOW, stores.PAUSED_BY_OPERATOR)
        await stores.resume(connection, STORE)
    assert await counted(registered) == NOTHING


async def test_unsettled_messages_are_found_by_their_index(registered: Database) -> None:
    async with registered.reading() as connection:
        name = connection.dialect.name
        *settings, explain = EXPLAIN[name]
        for each in settings:
            await connection.execute(text(each))
        found = await connection.execute(text(f"{explain} {gauges.unsettled()}"))
        plan = str(found.all())
    assert "ix_messages_unsettled" in plan


async def test_counting_stops_somewhere(
    registered: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MAX_COUNTED", 2)
    async with registered.transaction() as connection:
        for _ in range(3):
            await quarantine.add(connection, Rejected(STORE, "{", []), NOW)
    assert (await counted(registered)).quarantined == 2
