import asyncio

from storage import suppressions
from storage.database import Database
from tests.storage.keeping import NOW, OTHER_STORE, STORE


async def add(database: Database, because: str) -> None:
    async with database.transaction() as connection:
        await suppressions.add(connection, STORE, "hash", because, NOW)


async def test_suppression_holds_in_its_store_until_it_is_removed(registered: Database) -> None:
    await add(registered, "opted out")
    await add(registered, "again")
    async with registered.transaction() as connection:
        assert await suppressions.because(connection, STORE, "hash") == "opted out"
        assert await suppressions.because(connection, OTHER_STORE, "hash") is None
        assert await suppressions.because(connection, STORE, "other") is None
        await suppressions.remove(connection, OTHER_STORE, "hash")
        assert await suppressions.because(connection, STORE, "hash") == "opted out"
        await suppressions.remove(connection, STORE, "hash")
        assert await suppressions.because(connection, STORE, "hash") is None


async def test_number_may_be_suppressed_many_times_at_once(registered: Database) -> None:
    await asyncio.gather(*(add(registered, "opted out") for _ in range(4)))
    async with registered.reading() as connection:
        assert await suppressions.because(connection, STORE, "hash") == "opted out"
