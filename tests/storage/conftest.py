import pytest

from storage import stores
from storage.database import Database
from tests.storage.builders import NOW, OTHER_STORE, STORE, a_config


@pytest.fixture(name="registered")
async def two_stores(database: Database) -> Database:
    """The database with two stores in it."""
    async with database.transaction() as connection:
        for store_id in (STORE, OTHER_STORE):
            await stores.put(connection, store_id, a_config(), NOW)
    return database
