"""All stores at a glance: what is counted of each, by the same few queries for any number."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from domain.events.kinds import OPERATOR_EXIT
from domain.journey.routing import Delivery, Routing
from storage import exit_api_state, holds, quarantine, store_summaries, stores, template_holds
from storage.database import Database
from storage.holds import Hold
from storage.messages import MessageStatus
from storage.quarantine import Rejected
from storage.result_tables import orders
from storage.tables import inbox, messages
from tests.pages.contents import a_message
from tests.storage.builders import NOW, OTHER_STORE, STORE, a_config, accept, an_event, later

DAY = timedelta(days=1)
EXIT_API = {"url": "https://partner.example/events", "style": "query"}


async def put_stores(database: Database, **changes: Any) -> None:
    async with database.transaction() as connection:
        for store_id in (STORE, OTHER_STORE):
            await stores.put(connection, store_id, a_config(name=store_id.title(), **changes), NOW)


async def test_stores_are_listed_by_name_without_their_configuration(database: Database) -> None:
    await put_stores(database)
    async with database.reading() as connection:
        found = await store_summaries.rows(connection)

    assert [(each.store_id, each.name, each.paused_at) for each in found] == [
        ("denim", "Denim", None),
        ("linen", "Linen", None),
    ]


async def test_last_event_is_the_last_that_a_partner_posted(database: Database) -> None:
    await put_stores(database)
    await accept(database, an_event("e1"))
    await accept(database, an_event("e2"))
    await accept(database, an_event("x", OPERATOR_EXIT))
    await accept(database, an_event("e1"), store_id=OTHER_STORE)
    async with database.transaction() as connection:
        for event_id, at in (("e1", NOW), ("e2", later(5)), ("x", later(9))):
            await connection.execute(
                update(inbox)
                .where(inbox.c.store_id == STORE, inbox.c.event_id == event_id)
                .values(received_at=at)
            )
        found = await store_summaries.last_events(connection)

    assert found == {STORE: later(5), OTHER_STORE: NOW}


async def test_last_event_of_a_quiet_store_is_found_behind_those_of_busy_ones(
    database: Database, monkeypatch: Any
) -> None:
    monkeypatch.setattr(store_summaries, "RECENT", 2)
    await put_stores(database)
    await accept(database, an_event("quiet"), store_id=OTHER_STORE)
    for number in range(3):
        await accept(database, an_event(f"busy-{number}"))
    async with database.reading() as connection:
        assert await store_summaries.last_events(connection) == {STORE: NOW, OTHER_STORE: NOW}


async def test_what_waits_is_counted_with_its_age(database: Database) -> None:
    await put_stores(database)
    await accept(database, an_event("e1"))
    await accept(database, an_event("e2"))
    await accept(database, an_event("e3"), routing=Routing(Delivery.STORE_ONLY, "no plan"))
    async with database.transaction() as connection:
        second = inbox.c.event_id == "e2"
        await connection.execute(update(inbox).where(second).values(received_at=later(-9)))
        found = await store_summaries.backlogs(connection)

    assert found == {STORE: store_summaries.Backlog(2, later(-9))}


async def test_messages_are_counted_by_day_and_as_not_confirmed(database: Database) -> None:
    await put_stores(database)
    rows = [
        a_message(STORE, 1, NOW - 8 * DAY),
        a_message(STORE, 2, NOW - DAY),
        a_message(STORE, 3, NOW, status=MessageStatus.UNKNOWN),
        a_message(STORE, 4, NOW, status=MessageStatus.CLAIMED),
        a_message(OTHER_STORE, 5, NOW - 8 * DAY),
    ]
    async with database.transaction() as connection:
        await connection.execute(insert(messages), rows)
        by_day = await store_summaries.messages_by_day(connection, NOW - 7 * DAY)
        last = await store_summaries.last_messages(connection)
        unknown = await store_summaries.unknown(connection)

    assert by_day == {STORE: {(NOW - DAY).date(): 1, NOW.date(): 2}}
    assert last == {STORE: NOW, OTHER_STORE: NOW - 8 * DAY}
    assert unknown == {STORE: 1}


async def test_orders_are_counted_by_day(database: Database) -> None:
    await put_stores(database)
    shown = {"found_by": "event", "customer_id": "c1", "store_id": STORE, "received_at": NOW}
    rows = [
        shown | {"order_key": str(number), "placed_at": at, "state_at": at}
        for number, at in enumerate((NOW, NOW - DAY, NOW - 8 * DAY))
    ]
    async with database.transaction() as connection:
        await connection.execute(insert(orders), rows)
        by_day = await store_summaries.orders_by_day(connection, NOW - 7 * DAY)

    assert by_day == {STORE: {NOW.date(): 1, (NOW - DAY).date(): 1}}


async def test_a_day_is_one_of_utc(database: Database) -> None:
    midnight = NOW.replace(hour=0)
    await put_stores(database)
    rows = [
        a_message(STORE, 1, midnight - timedelta(milliseconds=1)),
        a_message(STORE, 2, midnight),
    ]
    async with database.transaction() as connection:
        await connection.execute(insert(messages), rows)
        by_day = await store_summaries.messages_by_day(connection, NOW - 7 * DAY)

    assert by_day[STORE] == {(NOW - DAY).date(): 1, NOW.date(): 1}


async def test_what_is_held_and_quarantined_is_counted(database: Database) -> None:
    await put_stores(database)
    async with database.transaction() as connection:
        for number in range(2):
            await holds.add(connection, Hold(STORE, f"c{number}", NOW), "paused")
        await template_holds.add(connection, STORE, "reminder", "Meta paused it", NOW)
        for store_id in (STORE, None):
            await quarantine.add(connection, Rejected(store_id, "{}", []), NOW)
        held = await store_summaries.held_journeys(connection)
        templates = await store_summaries.held_templates(connection)
        quarantined = await store_summaries.quarantined(connection)

    assert held == {STORE: 2}
    assert [each["template"] for each in templates[STORE]] == ["reminder"]
    assert quarantined == {STORE: 1, None: 1}


async def test_an_exit_api_fails_that_the_store_still_asks(database: Database) -> None:
    await put_stores(database, exit_api=EXIT_API)
    asked = a_config(exit_api=EXIT_API).exit_api
    former = a_config(exit_api=EXIT_API | {"style": "body"}).exit_api
    assert asked is not None
    assert former is not None
    async with database.transaction() as connection:
        await exit_api_state.record_failure(connection, STORE, asked, "timeout", NOW)
        await exit_api_state.record_failure(connection, OTHER_STORE, former, "timeout", NOW)
        found = await store_summaries.exit_api_failures(connection)

    assert found == {STORE: NOW}
