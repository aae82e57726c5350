import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select

from domain.stores.config import StoreConfig
from domain.values.secret_values import MASK
from storage import stores
from storage.database import Database
from storage.stores import Store
from storage.tables import stores as table
from tests.domain.stores.contract_example import contract_example
from tests.storage.builders import NOW, OTHER_STORE, STORE, a_config, later


async def put(database: Database, config: StoreConfig, store_id: str = STORE) -> Store | None:
    async with database.transaction() as connection:
        return await stores.put(connection, store_id, config, NOW)


async def read(database: Database, store_id: str = STORE) -> Store:
    async with database.reading() as connection:
        store = await stores.get(connection, store_id)
    assert store is not None
    return store


async def test_new_store_has_a_hash_key_that_no_log_shows(database: Database) -> None:
    created = await put(database, a_config())
    assert created is not None
    assert len(created.hash_key) == 64
    assert created.hash_key not in repr(created)
    assert await put(database, a_config(name="Denim & Co")) is None


async def test_replaced_store_keeps_its_hash_key_and_its_pause(database: Database) -> None:
    created = await put(database, a_config())
    assert created is not None
    async with database.transaction() as connection:
        await stores.pause(connection, STORE, NOW, "holiday")
    await put(database, a_config(name="Denim & Co"))
    store = await read(database)
    assert store.config.name == "Denim & Co"
    assert store.hash_key == created.hash_key
    assert store.paused


async def test_configuration_comes_back_whole_with_its_secrets(database: Database) -> None:
    config = StoreConfig.model_validate(contract_example())
    await put(database, config)
    assert (await read(database)).config == config


SECRETS: dict[str, Any] = {
    "whatsapp": {"phone_number_id": "1055", "access_token": "secret-1"},
    "exit_api": {
        "url": "https://partner.example/events",
        "headers": {"X-Key": "secret-2", "X-Other": "secret-3"},
    },
    "channels": {
        "sms": {
            "url": "https://sms.example/send",
            "secret": "whsec_c2VjcmV0LTQgc2VjcmV0LTQgc2VjcmV0LTQh",
        }
    },
}
"""Every secret that a configuration may have."""


async def test_secrets_are_stored_as_they_are_and_shown_masked(database: Database) -> None:
    config = a_config(**SECRETS)
    await put(database, config)
    async with database.reading() as connection:
        stored = json.dumps((await connection.execute(select(table.c.config))).scalar_one())
    shown = config.model_dump_json()

    in_schema = json.dumps(StoreConfig.model_json_schema()).count('"format": "password"')
    secrets = {*["secret-1", "secret-2", "secret-3"], SECRETS["channels"]["sms"]["secret"]}
    assert in_schema == 3, "a new secret belongs into this test"
    assert MASK not in stored
    assert shown.count(MASK) == len(secrets)
    assert all(secret in stored and secret not in shown for secret in secrets)
    assert (await read(database)).config == config


async def test_concurrent_puts_create_a_store_once(database: Database) -> None:
    created = await asyncio.gather(*(put(database, a_config()) for _ in range(4)))
    assert len([store for store in created if store is not None]) == 1


async def test_unknown_store_is_none(database: Database) -> None:
    async with database.reading() as connection:
        assert await stores.get(connection, STORE) is None


async def test_stores_have_hash_keys_of_their_own(registered: Database) -> None:
    one, other = await read(registered), await read(registered, OTHER_STORE)
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


@pytest.mark.parametrize("for_share", [True, False])
async def test_store_may_be_locked_for_share(registered: Database, for_share: bool) -> None:
    async with registered.transaction() as connection:
        assert await stores.get(connection, STORE, for_share=for_share) is not None
