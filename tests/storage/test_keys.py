import pytest

from storage import keys
from storage.database import Database
from storage.keys import NewKey
from storage.tables import store_keys
from tests.storage.builders import NOW, OTHER_STORE, STORE, later


async def made(database: Database, store_id: str = STORE) -> NewKey:
    async with database.transaction() as connection:
        return await keys.make(connection, store_id, NOW)


async def fits(database: Database, api_key: str, store_id: str = STORE) -> bool:
    async with database.reading() as connection:
        return await keys.matches(connection, store_id, api_key)


async def test_keys_overlap_until_one_is_ended(registered: Database) -> None:
    old, new = await made(registered), await made(registered)
    assert await fits(registered, old.api_key)
    assert await fits(registered, new.api_key)
    async with registered.transaction() as connection:
        assert await keys.end(connection, STORE, old.key_id, later())
        left = await keys.listed(connection, STORE)
    assert [row["key_id"] for row in left] == [new.key_id]
    assert not await fits(registered, old.api_key)
    assert await fits(registered, new.api_key)


async def test_key_opens_its_own_store_only(registered: Database) -> None:
    key = await made(registered)
    assert not await fits(registered, key.api_key, OTHER_STORE)
    assert not await fits(registered, key.api_key, "no_such_store")


async def test_key_of_another_store_cannot_be_ended(registered: Database) -> None:
    key = await made(registered)
    async with registered.transaction() as connection:
        assert not await keys.end(connection, OTHER_STORE, key.key_id, later())
        assert not await keys.end(connection, STORE, "no_such_key", later())
    assert await fits(registered, key.api_key)


async def test_right_id_with_a_wrong_secret_does_not_fit(registered: Database) -> None:
    key, other = await made(registered), await made(registered)
    prefix, key_id, _ = key.api_key.split("_", 2)
    secret = other.api_key.split("_", 2)[2]
    assert not await fits(registered, f"{prefix}_{key_id}_{secret}")
    assert not await fits(registered, f"{prefix}_{key_id}_")
    assert not await fits(registered, key.api_key.replace(prefix, "xx", 1))


@pytest.mark.parametrize("garbage", ["", "_", "__", "ck_", "ck__", "ck", "é" * 99, "Bearer x"])
async def test_garbage_does_not_fit(registered: Database, garbage: str) -> None:
    await made(registered)
    assert not await fits(registered, garbage)


async def test_only_a_hash_of_the_secret_is_kept(registered: Database) -> None:
    key = await made(registered)
    async with registered.reading() as connection:
        rows = (await connection.execute(store_keys.select())).all()
    assert key.api_key.split("_", 2)[2] not in str(rows)
