"""An order counts for whoever shares its number or e-mail address, unless too many do."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import ORDER_CANCELLED, ORDER_REFUNDED, EventKind
from storage import contacts
from storage.contact_queries import MAX_SHARED
from storage.contacts import MAX_CONTACTS, Contacts, Sharing
from storage.database import Database, lock
from storage.inbox import InboxRow
from tests.storage.builders import (
    CUSTOMER,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
    later,
    until_done_or_waiting,
)
from tests.storage.test_gauges import EXPLAIN

NUMBER, EMAIL = Contacts.of_event("n", None), Contacts.of_event(None, "m")


async def an_order(
    database: Database, event_id: str = "order", at: datetime = NOW, **changes: Any
) -> InboxRow:
    row = await accept(database, an_event(event_id, EventKind.ORDER_PLACED, at), **changes)
    assert row is not None
    return row


async def elsewhere(
    database: Database, customer_id: str = CUSTOMER, since: datetime = NOW
) -> list[JourneyEvent]:
    async with database.reading() as connection:
        known = await contacts.of_customer(connection, STORE, customer_id)
        return await contacts.orders_elsewhere(connection, STORE, customer_id, known, since)


async def sharing(database: Database, row: InboxRow) -> Sharing:
    async with database.reading() as connection:
        return await contacts.customers_sharing(
            connection, row.store_id, row.customer_id, row.contacts
        )


async def many_have(database: Database, count: int, **contact: Any) -> None:
    for number in range(count):
        await accept(database, an_event(f"t{number}"), customer_id=f"t{number:02}", **contact)


async def test_contacts_of_a_customer_are_those_of_all_their_events(registered: Database) -> None:
    await accept(registered, an_event("e1"), address_hash="n1", email_hash="m1")
    await accept(registered, an_event("e2"), address_hash="n2")
    await accept(registered, an_event("e3"), email_hash="m2")
    await accept(registered, an_event("e4"))
    await accept(registered, an_event("e5"), customer_id="c2", address_hash="theirs")
    await accept(registered, an_event("e6"), store_id=OTHER_STORE, email_hash="there")
    async with registered.reading() as connection:
        found = await contacts.of_customer(connection, STORE, CUSTOMER)
        nobody = await contacts.of_customer(connection, STORE, "unknown")
    assert found == Contacts(frozenset({"n1", "n2"}), frozenset({"m1", "m2"}))
    assert not nobody


@pytest.mark.parametrize("contact", [{"address_hash": "n"}, {"email_hash": "m"}])
async def test_an_order_counts_for_every_customer_with_its_number_or_email(
    registered: Database, contact: dict[str, Any]
) -> None:
    await accept(registered, an_event("e1"), **contact)
    await accept(registered, an_event("e2"), address_hash="n", email_hash="m", customer_id="c2")
    await accept(registered, an_event("e3"), address_hash="m", email_hash="n", customer_id="c3")
    await accept(registered, an_event("e4"), **contact, store_id=OTHER_STORE, customer_id="c4")
    row = await an_order(registered, customer_id="guest", **contact)
    assert await sharing(registered, row) == Sharing(frozenset({CUSTOMER, "c2"}), Contacts())
    for customer_id in (CUSTOMER, "c2"):
        assert await elsewhere(registered, customer_id) == [row.event]
    assert await elsewhere(registered, "c3") == []


async def test_contact_of_an_earlier_event_counts(registered: Database) -> None:
    await accept(registered, an_event("e1"), email_hash="m")
    await accept(registered, an_event("e2"), address_hash="n")
    row = await an_order(registered, customer_id="guest", email_hash="m")
    assert await elsewhere(registered) == [row.event]


async def test_an_order_without_contacts_counts_for_nobody_else(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    row = await an_order(registered, customer_id="guest")
    assert await sharing(registered, row) == Sharing(frozenset(), Contacts())
    assert await elsewhere(registered) == []


async def test_own_orders_are_not_found_elsewhere(registered: Database) -> None:
    await an_order(registered, address_hash="n", email_hash="m")
    await accept(registered, an_event("e1"), customer_id="c2", address_hash="n")
    assert await elsewhere(registered) == []


async def test_orders_since_a_time_are_found_oldest_first_and_nothing_else(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"), email_hash="m")
    for event_id, seconds in (("third", 9), ("too early", -1), ("first", 0), ("second", 5)):
        await an_order(registered, event_id, later(seconds), customer_id="c2", email_hash="m")
    for kind in (ORDER_REFUNDED, ORDER_CANCELLED, EventKind.CART_UPDATE):
        await accept(registered, an_event(kind, kind, later()), customer_id="c2", email_hash="m")
    await an_order(registered, "of another number", later(), customer_id="c2", address_hash="x")
    assert [each.event_id for each in await elsewhere(registered)] == ["first", "second", "third"]


@pytest.mark.parametrize("contact", [{"address_hash": "n"}, {"email_hash": "m"}])
async def test_a_contact_that_too_many_customers_have_counts_for_nobody_else(
    registered: Database, contact: dict[str, Any]
) -> None:
    await many_have(registered, MAX_SHARED - 1, **contact)
    row = await an_order(registered, customer_id="guest", **contact)
    assert len((await sharing(registered, row)).customer_ids) == MAX_SHARED - 1
    assert await elsewhere(registered, "t00") == [row.event]

    await accept(registered, an_event("one more"), customer_id="one more", **contact)
    assert await sharing(registered, row) == Sharing(frozenset(), row.contacts)
    assert await elsewhere(registered, "t00") == []


async def test_the_contact_that_few_have_counts_beside_one_that_many_have(
    registered: Database,
) -> None:
    await many_have(registered, MAX_SHARED, address_hash="n")
    await accept(registered, an_event("e1"), address_hash="n", email_hash="m")
    row = await an_order(registered, customer_id="guest", address_hash="n", email_hash="m")
    other = await an_order(registered, "other", customer_id="t01", address_hash="n")
    assert await sharing(registered, row) == Sharing(frozenset({CUSTOMER}), NUMBER)
    assert await sharing(registered, other) == Sharing(frozenset(), NUMBER)
    assert await elsewhere(registered) == [row.event]


async def test_a_customer_with_very_many_events_is_one_customer(registered: Database) -> None:
    for number in range(2 * MAX_SHARED):
        await accept(registered, an_event(f"e{number}"), email_hash="m")
    row = await an_order(registered, customer_id="guest", email_hash="m")
    assert (await sharing(registered, row)).customer_ids == {CUSTOMER}


async def test_everything_is_found_by_an_index_that_names_customer_or_contact(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"), address_hash="n", email_hash="m")
    await an_order(registered, customer_id="guest", address_hash="n", email_hash="m")
    async with registered.reading() as connection:
        statements: list[tuple[str, Any]] = []
        event.listen(
            connection.sync_connection,
            "before_cursor_execute",
            lambda *called: statements.append((called[2], called[3])),
        )
        known = await contacts.of_customer(connection, STORE, CUSTOMER)
        await contacts.orders_elsewhere(connection, STORE, CUSTOMER, known, NOW)
        plans = [await plan(connection, *each) for each in list(statements)]
    assert len(plans) == 3
    for each in plans:
        assert "ix_inbox_store_id" in each or "ix_inbox_orders" in each
        assert "customer_id" in each
        assert "Seq Scan on inbox" not in each
        assert "SCAN inbox" not in each
        assert "(store_id=?)" not in each


async def plan(connection: AsyncConnection, statement: str, parameters: Any) -> str:
    *settings, explain = EXPLAIN[connection.dialect.name]
    for each in settings:
        await connection.execute(text(each))
    found = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
    return str(found.all())


@pytest.mark.parametrize("held", [("address", "n"), ("email", "m"), ("customer", "guest")])
async def test_an_order_waits_for_a_claim_of_someone_with_its_contact(
    registered: Database, held: tuple[str, str]
) -> None:
    name, value = held
    async with registered.transaction() as connection:
        await lock(connection, name, STORE, value)
        accepting = asyncio.create_task(
            an_order(registered, customer_id="guest", address_hash="n", email_hash="m")
        )
        await until_done_or_waiting(registered, accepting)
        assert not accepting.done()
    assert (await accepting).contacts == Contacts.of_event("n", "m")


async def test_other_events_wait_only_for_their_customer(registered: Database) -> None:
    async with registered.reading() as connection:  # of SQLite, one could not write beside it
        await contacts.lock_all(connection, STORE, Contacts.of_event("n", "m"))
        assert await accept(registered, an_event("e1"), address_hash="n", email_hash="m")


async def test_transactions_with_the_same_contacts_never_wait_for_each_other(
    registered: Database,
) -> None:
    async def locked(number: int) -> None:
        ids = [f"{(number + each) % 3}" for each in range(3)]
        async with registered.transaction() as connection:
            await lock(connection, "customer", STORE, f"c{number}")
            await contacts.lock_all(connection, STORE, Contacts(frozenset(ids), frozenset(ids)))

    async with asyncio.timeout(30):
        await asyncio.gather(*(locked(number) for number in range(12)))


@given(st.frozensets(st.text(max_size=3)), st.frozensets(st.text(max_size=3)))
def test_contacts_are_always_locked_in_the_same_order(
    numbers: frozenset[str], emails: frozenset[str]
) -> None:
    columns = [(column.name, value) for column, value in Contacts(numbers, emails).columns()]
    assert columns == sorted(columns)
    assert len(columns) == len(numbers) + len(emails)
    assert bool(columns) is bool(Contacts(numbers, emails))


def test_contacts_without_others_keep_numbers_and_emails_apart() -> None:
    both = Contacts(frozenset({"n", "m"}), frozenset({"n", "m"}))
    assert both.without(NUMBER).without(EMAIL) == Contacts(frozenset({"m"}), frozenset({"n"}))


async def test_whoever_has_more_contacts_than_a_person_is_known_by_none(
    registered: Database,
) -> None:
    for number in range(MAX_CONTACTS + 1):
        await accept(registered, an_event(f"e{number}"), address_hash=f"n{number}")
    async with registered.reading() as connection:
        assert await contacts.of_customer(connection, STORE, CUSTOMER) == Contacts()
