import pytest

from storage import stores
from storage.database import Database
from tests.databases import (
    database,
    database_url,
    empty_database_url,
    migrated_postgresql,
    migrated_sqlite,
)
from tests.storage.keeping import NOW, OTHER_STORE, STORE, a_config

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "migrated_postgresql",
    "migrated_sqlite",
]


@pytest.fixture(name="registered")
async def two_stores(database: Database) -> Database:
    """The database with two stores in it."""
    async with database.transaction() as connection:
        for store_id in (STORE, OTHER_STORE):
            await stores.put(connection, store_id, a_config(), NOW)
    return database
