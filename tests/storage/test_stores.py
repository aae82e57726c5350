import asyncio
from base64 import b64decode

import pytest

from domain.stores import StoreConfig
from storage import stores
from storage.database import Database
from storage.stores import Store
from tests.domain.contract_example import contract_example
from tests.storage.keeping import NOW, OTHER_STORE, STORE, a_config, later


async def put(database: Database, config: StoreConfig, store_id: str = STORE) -> Store | None:
    async with database.transaction() as connection:
        return await stores.put(connection, store_id, config, NOW)


async def read(database: Database, store_id: str = STORE) -> Store:
    async with database.reading() as connection:
        store = await stores.get(connection, store_id)
    assert store is not None
    return store


async def test_new_store_has_secrets_that_are_shown_this_once(database: Database) -> None:
    created = await put(database, a_config())
    assert created is not None
    prefix, _, secret = created.signing_secret.partition("_")
    assert (prefix, len(b64decode(secret))) == ("whsec", 24)
    assert await put(database, a_config(name="Denim & Co")) is None


async def test_replaced_store_keeps_its_secrets_and_its_pause(database: Database) -> None:
    created = await put(database, a_config())
    assert created is not None
    async with database.transaction() as connection:
        await stores.pause(connection, STORE, NOW, "holiday")
    await put(database, a_config(name="Denim & Co"))
    store = await read(database)
    assert store.config.name == "Denim & Co"
    assert (store.signing_secret, store.hash_key) == (created.signing_secret, created.hash_key)
    assert store.paused


async def test_configuration_comes_back_whole_with_its_secrets(database: Database) -> None:
    config = StoreConfig.model_validate(contract_example())
    await put(database, config)
    assert (await read(database)).config == config


async def test_stores_created_at_once_are_created_once(database: Database) -> None:
    created = await asyncio.gather(*(put(database, a_config()) for _ in range(4)))
    assert len([store for store in created if store is not None]) == 1


async def test_unknown_store_is_none(database: Database) -> None:
    async with database.reading() as connection:
        assert await stores.get(connection, STORE) is None


async def test_stores_have_secrets_of_their_own(registered: Database) -> None:
    one, other = await read(registered), await read(registered, OTHER_STORE)
    assert one.signing_secret != other.signing_secret
    assert one.hash_key != other.hash_key


async def test_second_pause_changes_nothing_and_resume_ends_it(registered: Database) -> None:
    async with registered.transaction() as connection:
        await stores.pause(connection, STORE, NOW, "holiday")
        await stores.pause(connection, STORE, later(), "meta")
    paused = await read(registered)
    assert (paused.paused_at, paused.paused_because) == (NOW, "holiday")
    assert not (await read(registered, OTHER_STORE)).paused
    async with registered.transaction() as connection:
        await stores.resume(connection, STORE)
    resumed = await read(registered)
    assert (resumed.paused, resumed.paused_because) == (False, None)


@pytest.mark.parametrize("keep", [True, False])
async def test_store_may_be_read_in_a_transaction_that_keeps_it(
    registered: Database, keep: bool
) -> None:
    async with registered.transaction() as connection:
        assert await stores.get(connection, STORE, keep=keep) is not None
