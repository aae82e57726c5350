import asyncio
from datetime import timedelta
from decimal import Decimal

from domain.values.exact_json import MAX_DIGITS, read_json, write_json
from storage import inbox
from storage.database import Database
from tests.storage.builders import (
    CUSTOMER,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
)


async def test_event_is_kept_as_it_came(registered: Database) -> None:
    event = an_event("e1", at=NOW + timedelta(milliseconds=1))
    row = await accept(registered, event)
    assert row is not None
    assert (row.store_id, row.customer_id, row.event) == (STORE, CUSTOMER, event)
    async with registered.reading() as connection:
        assert await inbox.latest(connection, STORE, CUSTOMER) == row
        body = await inbox.body(connection, STORE, "e1")
        assert await inbox.body(connection, OTHER_STORE, "e1") is None
    assert body == {"event_id": "e1", "customer": {"phone": "+919876543210"}}


async def test_event_id_is_taken_once_in_each_store(registered: Database) -> None:
    assert await accept(registered, an_event("e1")) is not None
    assert await accept(registered, an_event("e1"), customer_id="another") is None
    assert await accept(registered, an_event("e1"), store_id=OTHER_STORE) is not None


async def test_event_posted_many_times_concurrently_is_accepted_once(registered: Database) -> None:
    rows = await asyncio.gather(
        *(accept(registered, an_event("e1"), customer_id=f"c{n % 2}") for n in range(6))
    )
    assert len([row for row in rows if row is not None]) == 1


async def test_numbers_of_a_body_come_back_as_posted(registered: Database) -> None:
    posted = (
        '{"price": 600.00, "small": 1.50E1, "tiny": 1e-9, "thousand": 1e3, "zero": -0.0,'
        ' "big": 45471627190248123456789, "long": 0.12345678901234567890123456789012345678}'
    )
    await accept(registered, an_event("e1"), body={"event_data": read_json(posted)})
    async with registered.reading() as connection:
        body = await inbox.body(connection, STORE, "e1") or {}
    assert {name: f"{Decimal(each):f}" for name, each in body["event_data"].items()} == {
        "price": "600.00",
        "small": "15.0",
        "tiny": "0.000000001",
        "thousand": "1000",
        "zero": "0.0",
        "big": "45471627190248123456789",
        "long": "0.12345678901234567890123456789012345678",
    }
    assert read_json(write_json(body)) == body == {"event_data": read_json(posted)}


async def test_longest_number_that_is_read_is_stored(registered: Database) -> None:
    posted = {"before": int("9" * MAX_DIGITS), "behind": read_json("0." + "1" * (MAX_DIGITS - 1))}
    await accept(registered, an_event("e1"), body=posted)
    async with registered.reading() as connection:
        assert await inbox.body(connection, STORE, "e1") == posted
