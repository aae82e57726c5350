"""Secrets of stores at rest: taken over, rotated, and refused with the wrong keys."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from storage import phone_numbers, signing_secrets, stores
from storage.database import Database
from storage.reencryption import Reencrypted, reencrypt, take_over
from storage.secret_cipher import SecretAlteredError, SecretKeyMissingError
from storage.stores import Store
from storage.tables import signing_secrets as secrets_table
from storage.tables import stores as table
from tests.storage.builders import NOW, OTHER_STORE, STORE, a_config, later

FIRST, SECOND = {"first": os.urandom(32)}, {"second": os.urandom(32)}
CHANNEL_SECRET = "whsec_c2VjcmV0LTQgc2VjcmV0LTQgc2VjcmV0LTQh"
CONFIG = a_config(
    whatsapp={"phone_number_id": "1055", "access_token": "secret-1"},
    exit_api={
        "url": "https://partner.example/events",
        "headers": {"X-Key": "secret-2", "X-Other": "secret-3"},
    },
    channels={"sms": {"url": "https://sms.example/send", "secret": CHANNEL_SECRET}},
    opt_out_words=["BASTA", "enc:v1:first:x"],
)
SECRETS_OF_A_STORE = 6
"""Four in the configuration, the key of the hashes, a signing secret."""


@asynccontextmanager
async def opened(url: str, keys: Mapping[str, bytes] | None = None) -> AsyncIterator[Database]:
    database = Database(url, keys)
    try:
        yield database
    finally:
        await database.close()


async def put(database: Database, store_id: str = STORE) -> tuple[Store, str]:
    async with database.transaction() as connection:
        created = await stores.put(connection, store_id, CONFIG, NOW)
        secret = await signing_secrets.make(connection, store_id, NOW)
    assert created is not None
    return created, secret.signing_secret


async def read(database: Database, store_id: str = STORE) -> tuple[Store, str]:
    async with database.reading() as connection:
        store = await stores.existing(connection, store_id)
        [secret] = await signing_secrets.live(connection, store_id)
    return store, secret


async def kept(database: Database) -> str:
    """Everything that the tables of stores have."""
    async with database.reading() as connection:
        rows = [
            dict(row)
            for each in (table, secrets_table)
            for row in (await connection.execute(select(each))).mappings()
        ]
    return json.dumps(rows, default=str)


def values(store: Store, signing_secret: str) -> list[str]:
    of_config = ["secret-1", "secret-2", "secret-3", CHANNEL_SECRET]
    return [*of_config, store.hash_key, signing_secret]


async def change(database: Database, **columns: Any) -> None:
    async with database.transaction() as connection:
        mine = table.c.store_id == STORE
        await connection.execute(update(table).where(mine).values(**columns))


async def test_with_keys_no_secret_is_readable_in_the_database(database_url: str) -> None:
    async with opened(database_url, FIRST) as database:
        created = await put(database)
        stored = await kept(database)
        assert not [each for each in values(*created) if each in stored]
        assert stored.count("enc:v1:first:") == SECRETS_OF_A_STORE + 1  # an opt-out word
        assert await read(database) == created
        async with database.reading() as connection:
            [of_number] = (await phone_numbers.stores_of(connection, ["1055"]))["1055"].stores
        assert of_number.hash_key == created[0].hash_key
        assert of_number.opt_out_words == ("BASTA", "enc:v1:first:x")
        assert created[0].hash_key not in repr(of_number)


async def test_plain_secrets_are_taken_over_once(database_url: str) -> None:
    async with opened(database_url) as plain:
        created = await put(plain)
        stored = await kept(plain)
        assert all(each in stored for each in values(*created))
        assert await take_over(plain) == Reencrypted()
    async with opened(database_url, FIRST) as database:
        assert await read(database) == created
        assert await take_over(database) == Reencrypted(1, SECRETS_OF_A_STORE)
        stored = await kept(database)
        assert not [each for each in values(*created) if each in stored]
        assert await read(database) == created
        assert await take_over(database) == Reencrypted()


async def test_what_an_older_release_reads_is_emptied(database_url: str) -> None:
    async with opened(database_url) as plain:
        await put(plain)
        await change(plain, signing_secret="of 0.2.0")
    async with opened(database_url, FIRST) as database:
        await take_over(database)
        async with database.reading() as connection:
            row = (await connection.execute(select(table))).mappings().one()
    assert (row["hash_key"], row["signing_secret"]) == (None, None)


async def test_keys_are_rotated_by_reencrypt_alone(database_url: str) -> None:
    async with opened(database_url, FIRST) as database:
        created = [await put(database, store_id) for store_id in (STORE, OTHER_STORE)]
    async with opened(database_url, SECOND | FIRST) as database:
        assert await take_over(database) == Reencrypted()
        assert await reencrypt(database) == Reencrypted(2, 2 * SECRETS_OF_A_STORE)
        assert await reencrypt(database) == Reencrypted()
    async with opened(database_url, SECOND) as database:
        assert await take_over(database) == Reencrypted()
        assert [await read(database, store_id) for store_id in (STORE, OTHER_STORE)] == created


async def test_rotation_goes_on_beside_running_processes(database_url: str) -> None:
    async with opened(database_url, FIRST) as old, opened(database_url, SECOND | FIRST) as new:
        created = await put(old)

        async def change_name(number: int) -> None:
            async with old.transaction() as connection:
                config = CONFIG.model_copy(update={"name": f"Denim {number}"})
                await stores.put(connection, STORE, config, later(number))

        await asyncio.gather(*(change_name(number) for number in range(3)), reencrypt(new))
        await asyncio.gather(reencrypt(new), reencrypt(new))
        store, secret = await read(new)
    assert replace(store, config=CONFIG, version=created[0].version) == created[0]
    assert secret == created[1]


@pytest.mark.parametrize("keys", [{}, SECOND])
async def test_missing_key_is_refused_before_anything_is_written(
    database_url: str, keys: dict[str, bytes]
) -> None:
    async with opened(database_url, FIRST) as database:
        await put(database)
    async with opened(database_url) as database:
        await put(database, "another-before")
    async with opened(database_url, keys) as database:
        before = await kept(database)
        with pytest.raises(SecretKeyMissingError, match=rf"no key first, .* of store {STORE}"):
            await take_over(database)
        with pytest.raises(SecretKeyMissingError):
            await reencrypt(database)
        assert await kept(database) == before


async def test_value_that_was_moved_to_another_store_or_field_is_refused(
    database_url: str,
) -> None:
    async with opened(database_url, FIRST) as database:
        await put(database)
        await put(database, OTHER_STORE)
        async with database.reading() as connection:
            query = select(table.c.config, table.c.sealed_hash_key)
            of_other = await connection.execute(query.where(table.c.store_id == OTHER_STORE))
            config, sealed_hash_key = of_other.one()
            mine = (await connection.execute(query.where(table.c.store_id == STORE))).one()
        headers = mine.config["exit_api"]["headers"]
        swapped = {"X-Key": headers["X-Other"], "X-Other": headers["X-Key"]}
        shown = mine.config | {"name": mine.config["whatsapp"]["access_token"]}
        for columns in (
            {"config": config},
            {"config": mine.config | {"exit_api": mine.config["exit_api"] | {"headers": swapped}}},
            {"config": shown},
            {"config": mine.config, "sealed_hash_key": sealed_hash_key},
        ):
            await change(database, **columns)
            with pytest.raises(SecretAlteredError):
                await read(database)
            with pytest.raises(SecretAlteredError):
                await take_over(database)


async def test_signing_secret_that_was_moved_is_refused(database_url: str) -> None:
    async with opened(database_url, FIRST) as database:
        await put(database)
        await put(database, OTHER_STORE)
        mine = secrets_table.c.store_id == OTHER_STORE
        async with database.transaction() as connection:
            await connection.execute(update(secrets_table).where(mine).values(store_id=STORE))
            with pytest.raises(SecretAlteredError):
                await signing_secrets.live(connection, STORE)


async def test_store_that_cannot_be_read_keeps_no_other_from_being_taken_over(
    database_url: str,
) -> None:
    broken = {"broken": True, "whatsapp": {"access_token": "secret-9"}}
    async with opened(database_url) as plain:
        await put(plain)
        await put(plain, OTHER_STORE)
        await change(plain, config=broken)
    async with opened(database_url, FIRST) as database:
        assert (await take_over(database)).stores == 2
        assert "secret-9" not in await kept(database)
