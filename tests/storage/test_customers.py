"""Data of one customer: all of it is found, personal data is erased, other customers' stays."""

import pytest
from sqlalchemy import JSON, update

from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import ClosedJourney, Decision, Outcome, Reason
from storage import (
    contacts,
    customers,
    inbox,
    journeys,
    later_events,
    message_limits,
    messages,
    quarantine,
    suppressions,
)
from storage.contacts import Contacts
from storage.customers import Rows
from storage.database import Database
from storage.holds import Hold
from storage.holds import add as hold
from storage.later_events import Since
from storage.quarantine import QuarantinePage, Rejected
from storage.tables import inbox as inbox_table
from tests.storage.builders import (
    CUSTOMER,
    DETAILS,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
    key,
    later,
)

BODY = {"event_id": "e1", "customer": {"phone": "+919876543210"}}


async def stored(
    database: Database, customer_id: str = CUSTOMER, store_id: str = STORE
) -> dict[str, Rows]:
    async with database.reading() as connection:
        return await customers.stored(connection, store_id, customer_id)


async def erase(database: Database, quarantined: Rows | None = None) -> int:
    """Erase a customer, and say of how many events there was something to erase."""
    async with database.transaction() as connection:
        erased = await customers.erase(connection, STORE, CUSTOMER, quarantined or [])
    return erased.events


async def bodies(database: Database, customer_id: str = CUSTOMER, store_id: str = STORE) -> Rows:
    return [row["body"] for row in (await stored(database, customer_id, store_id))["events"]]


async def test_everything_of_a_customer_is_found_and_nothing_of_others(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"))
    async with registered.transaction() as connection:
        await messages.claim(connection, key(), DETAILS, NOW)
        await hold(connection, Hold(STORE, CUSTOMER, NOW), "paused")
        await suppressions.add(connection, STORE, "hash", "operator", NOW)
        await suppressions.add(connection, OTHER_STORE, "hash", "operator", NOW)
    found = await stored(registered)
    assert {name: len(rows) for name, rows in found.items()} == {
        "events": 1,
        "messages": 1,
        "journeys": 0,
        "holds": 1,
        "orders": 0,
        "suppressions": 1,
    }
    assert found["events"][0]["body"] == BODY
    assert found["events"][0]["received_at"] == NOW
    assert "hash" not in str(found["messages"])
    assert not any((await stored(registered, "unknown")).values())
    assert not any((await stored(registered, store_id=OTHER_STORE)).values())


async def test_erased_events_keep_everything_but_their_bodies(registered: Database) -> None:
    for event_id in ("e1", "e2"):
        await accept(registered, an_event(event_id))
    before = (await stored(registered))["events"]
    assert await erase(registered) == 2
    after = (await stored(registered))["events"]
    assert after == [{**row, "body": {}} for row in before]
    assert await accept(registered, an_event("e1")) is None
    async with registered.reading() as connection:
        assert await inbox.body(connection, STORE, "e1") == {}


async def test_erasing_again_finds_nothing_more(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    assert [await erase(registered), await erase(registered)] == [1, 0]


async def test_operators_exits_have_nothing_to_erase(registered: Database) -> None:
    await accept(registered, an_event("exit", OPERATOR_EXIT), body={})
    assert await erase(registered) == 0


@pytest.mark.parametrize("body", [JSON.NULL, [], "text"])
async def test_bodies_that_are_no_objects_are_emptied_too(
    registered: Database, body: object
) -> None:
    await accept(registered, an_event("e1"))
    async with registered.transaction() as connection:
        await connection.execute(update(inbox_table).values(body=body))
    assert await erase(registered) == 1
    assert await bodies(registered) == [{}]


async def test_other_customers_and_stores_keep_their_bodies(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("e2"), customer_id="c2")
    await accept(registered, an_event("e1"), store_id=OTHER_STORE)
    await erase(registered)
    assert await bodies(registered, "c2") == [{**BODY, "event_id": "e2"}]
    assert await bodies(registered, store_id=OTHER_STORE) == [BODY]


async def test_order_stops_messages_after_its_body_is_erased(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("order", EventKind.ORDER_PLACED, later()))
    await erase(registered)
    async with registered.reading() as connection:
        since = Since(NOW, NOW)
        found = await later_events.accepted(connection, CustomerRef(STORE, CUSTOMER), since)
    assert [event.event_id for event in found] == ["order"]


async def test_suppression_and_ledger_outlive_erasure(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    async with registered.transaction() as connection:
        await messages.claim(connection, key(), DETAILS, NOW)
        await suppressions.add(connection, STORE, "hash", "operator", NOW)
    await erase(registered)
    async with registered.reading() as connection:
        assert await suppressions.because(connection, STORE, "hash") == "operator"
        counted = await message_limits.counted_since(connection, STORE, {"hash"}, later(-60))
    assert len(counted) == 1


async def test_quarantined_bodies_are_emptied_and_say_so(registered: Database) -> None:
    wrong = {"loc": ["body", "timestamp"], "msg": "wrong"}
    async with registered.transaction() as connection:
        for store_id, body in ((STORE, "theirs"), (STORE, "other"), (OTHER_STORE, "theirs")):
            await quarantine.add(connection, Rejected(store_id, body, [wrong]), NOW)
        about = await customers.quarantined_about(connection, STORE, "theirs".__eq__)
    assert [row["body"] for row in about] == ["theirs"]
    await erase(registered, about)
    async with registered.reading() as connection:
        rows = await quarantine.listed(
            connection, QuarantinePage(10, store_id=STORE), with_bodies=True
        )
        (untouched,) = await quarantine.listed(
            connection, QuarantinePage(10, store_id=OTHER_STORE), with_bodies=True
        )
    assert [row["body"] for row in rows] == ["other", ""]
    assert rows[1]["errors"] == [wrong, customers.NOTE]
    assert untouched["body"] == "theirs"


async def test_quarantine_is_searched_to_its_end(registered: Database) -> None:
    async with registered.transaction() as connection:
        for number in range(customers.PAGE_SIZE + 1):
            await quarantine.add(connection, Rejected(STORE, str(number), []), NOW)
        about = await customers.quarantined_about(connection, STORE, lambda text: int(text) < 2)
    assert [row["body"] for row in about] == ["1", "0"]


def closed(run_id: str, evidence: dict[str, str]) -> ClosedJourney:
    sent = Decision(at=NOW, decision="message_sent", because="message 1", evidence=evidence)
    return ClosedJourney(
        run_id=run_id,
        store_id=STORE,
        customer_id=CUSTOMER,
        trigger=None,
        outcome=Outcome.MESSAGED,
        reason=Reason.PLAN_DONE,
        evidence={},
        decisions=[sent],
        closed_at=NOW,
    )


async def test_closed_journeys_lose_metas_message_ids_and_nothing_else(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        await journeys.record(connection, closed("r1", {"provider_id": "wamid.1", "step": "1"}))
    await erase(registered)
    async with registered.reading() as connection:
        kept = await journeys.latest(connection, STORE, CUSTOMER)
    assert kept == closed("r1", {"step": "1"})


async def test_hashes_of_contacts_are_not_exported_and_outlive_erasure(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"), address_hash="number", email_hash="email")
    await erase(registered)
    (exported,) = (await stored(registered))["events"]
    assert not {"number", "email"} & {str(value) for value in exported.values()}
    async with registered.reading() as connection:
        kept = await contacts.of_customer(connection, STORE, CUSTOMER)
    assert kept == Contacts.of_event("number", "email")


async def test_order_stops_other_customers_after_its_body_is_erased(registered: Database) -> None:
    order = an_event("order", EventKind.ORDER_PLACED, later())
    await accept(registered, order, email_hash="email")
    await accept(registered, an_event("e1"), customer_id="c2", email_hash="email")
    await erase(registered)
    async with registered.reading() as connection:
        known = await contacts.of_customer(connection, STORE, "c2")
        assert await contacts.orders_elsewhere(connection, STORE, "c2", known, NOW) == [order]


async def test_hashes_of_every_number_are_known(registered: Database) -> None:
    await accept(registered, an_event("e1"), address_hash="h1")
    await accept(registered, an_event("e2"), address_hash="h2")
    await accept(registered, an_event("e3"))
    await accept(registered, an_event("e4"), customer_id="c2", address_hash="h3")
    async with registered.reading() as connection:
        found = await customers.address_hashes(connection, STORE, CUSTOMER)
    assert found == {"h1", "h2"}
