"""A store is read once a second, and never believed for longer."""

import asyncio
from dataclasses import dataclass

import pytest

from ingest.store_cache import MAX_AGE, StoreCache
from storage import keys, signing_secrets, stores
from storage.database import Database
from tests.storage.builders import NOW, STORE, a_config, later


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def registered(database: Database, key: str) -> Database:
    """A database with a store."""
    del key
    return database


@pytest.fixture
async def key(database: Database) -> str:
    """A key of a store."""
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(), NOW)
        return (await keys.make(connection, STORE, NOW)).api_key


async def end_key(database: Database, key: str) -> None:
    async with database.transaction() as connection:
        assert await keys.end(connection, STORE, key.split("_")[1], NOW)


async def rename(database: Database, name: str) -> None:
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(name=name), later())


async def test_key_that_ended_elsewhere_is_refused_within_a_second(
    database: Database, key: str, clock: Clock
) -> None:
    cache = StoreCache(database, clock)
    assert await cache.of_key(STORE, key) is not None
    await end_key(database, key)
    clock.now += MAX_AGE.total_seconds()
    assert await cache.of_key(STORE, key) is None


async def test_process_that_changes_a_store_forgets_it_at_once(
    database: Database, key: str, clock: Clock
) -> None:
    cache = StoreCache(database, clock)
    assert await cache.of_key(STORE, key) is not None
    await end_key(database, key)
    await rename(database, "Linen Co")
    cache.forget(STORE)
    assert await cache.of_key(STORE, key) is None
    assert (await cache.existing(STORE)).config.name == "Linen Co"


async def test_refusal_is_not_kept(database: Database, key: str, clock: Clock) -> None:
    cache = StoreCache(database, clock)
    assert await cache.of_key("linen", key) is None
    with pytest.raises(LookupError):
        await cache.existing("linen")
    assert await cache.signing_secrets("linen") == []
    async with database.transaction() as connection:
        await stores.put(connection, "linen", a_config(), NOW)
        made = await keys.make(connection, "linen", NOW)
        secret = await signing_secrets.make(connection, "linen", NOW)
    assert await cache.of_key("linen", made.api_key) is not None
    assert await cache.signing_secrets("linen") == [secret.signing_secret]


async def test_wrong_key_does_not_pass_beside_a_right_one(
    database: Database, key: str, clock: Clock
) -> None:
    cache = StoreCache(database, clock)
    found = await asyncio.gather(*(cache.of_key(STORE, key + wrong) for wrong in ("", "x") * 5))
    assert [each is not None for each in found] == [True, False] * 5


async def test_store_is_read_once_for_all_who_ask_within_a_second(
    database: Database, key: str, clock: Clock
) -> None:
    cache = StoreCache(database, clock)
    found = await asyncio.gather(*(cache.of_key(STORE, key) for _ in range(10)))
    await rename(database, "Linen Co")
    assert await cache.existing(STORE) is found[0]
    assert len({id(each) for each in found}) == 1
    clock.now += MAX_AGE.total_seconds()
    assert (await cache.existing(STORE)).config.name == "Linen Co"


async def test_what_was_read_while_the_store_changed_is_not_kept(
    registered: Database, clock: Clock
) -> None:
    cache = StoreCache(registered, clock)
    reading = asyncio.create_task(cache.existing(STORE))
    await asyncio.sleep(0)
    cache.forget(STORE)
    await reading
    await rename(registered, "Linen Co")
    assert (await cache.existing(STORE)).config.name == "Linen Co"
