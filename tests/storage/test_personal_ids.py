"""What is remembered of a store's personal customer ids."""

from datetime import datetime

from domain.customers.personal_ids import PersonalIds
from storage import personal_ids
from storage.database import Database
from tests.storage.builders import NOW, OTHER_STORE, STORE, later


async def noted(database: Database, at: datetime) -> PersonalIds | None:
    async with database.transaction() as connection:
        await personal_ids.note(connection, STORE, at)
    async with database.reading() as connection:
        return await personal_ids.read(connection, STORE)


async def test_the_first_and_the_last_hour_are_remembered(registered: Database) -> None:
    assert await noted(registered, NOW) == PersonalIds(NOW, NOW)
    assert await noted(registered, later(59 * 60)) == PersonalIds(NOW, NOW)
    assert await noted(registered, later(60 * 60)) == PersonalIds(NOW, later(60 * 60))


async def test_another_store_has_none(registered: Database) -> None:
    await noted(registered, NOW)
    async with registered.reading() as connection:
        assert await personal_ids.read(connection, OTHER_STORE) is None
