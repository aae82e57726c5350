from sqlalchemy import update

from storage import failures, messages, opt_outs
from storage.database import Database
from storage.tables import failures as failures_table
from tests.storage.builders import DETAILS, NOW, OTHER_STORE, STORE, key, later


async def opted_out(database: Database, store_id: str, count: int, after: float) -> None:
    async with database.transaction() as connection:
        for number in range(count):
            at = later(after + number)
            await opt_outs.opt_out(connection, store_id, f"hash-{number}", "said STOP", at)


async def pending(database: Database, limit: int) -> list[tuple[str, str]]:
    async with database.reading() as connection:
        found = await opt_outs.pending(connection, limit)
    return [(each.store_id, each.address_hash) for each in found]


async def test_stores_alternate_and_each_begins_with_its_oldest(registered: Database) -> None:
    await opted_out(registered, STORE, 3, after=0)
    await opted_out(registered, OTHER_STORE, 3, after=10)
    assert await pending(registered, 4) == [
        (STORE, "hash-0"),
        (OTHER_STORE, "hash-0"),
        (STORE, "hash-1"),
        (OTHER_STORE, "hash-1"),
    ]


async def test_store_with_little_leaves_its_room_to_the_others(registered: Database) -> None:
    await opted_out(registered, STORE, 9, after=0)
    await opted_out(registered, OTHER_STORE, 1, after=10)
    found = await pending(registered, 6)
    assert len(found) == 6
    assert found[1] == (OTHER_STORE, "hash-0")


async def test_nothing_waits(registered: Database) -> None:
    assert await pending(registered, 5) == []


async def test_more_stores_than_fit_are_as_many_as_fit(registered: Database) -> None:
    await opted_out(registered, STORE, 2, after=0)
    await opted_out(registered, OTHER_STORE, 2, after=10)
    assert [address for _, address in await pending(registered, 1)] == ["hash-0"]


async def test_failure_that_an_older_release_wrote_is_signalled(registered: Database) -> None:
    async with registered.transaction() as connection:
        ids = [await messages.claim(connection, key(step), DETAILS, NOW) for step in (1, 2)]
        for message_id in ids:
            await failures.add(connection, STORE, message_id, NOW)
        older = failures_table.c.message_id == ids[1]
        await connection.execute(update(failures_table).where(older).values(store_id=None))
        found = await failures.pending(connection, 10)
    assert [each.message_id for each in found] == [ids[1], ids[0]]
    assert {each.store_id for each in found} == {STORE}
