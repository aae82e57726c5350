import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect, text

from domain.values.secret_values import dump_with_secrets
from storage import signing_secrets, stores
from storage.database import Database, sync_url
from storage.migrate import alembic_config, upgrade
from storage.reencryption import take_over
from storage.schema import metadata
from tests.storage.builders import a_config


def difference(url: str) -> list[object]:
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def tables(url: str) -> set[str]:
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_migrated_database_is_what_the_program_was_written_for(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    assert difference(empty_database_url) == []


def test_second_upgrade_changes_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    upgrade(empty_database_url)
    assert difference(empty_database_url) == []


def test_downgrade_takes_everything_away(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    command.downgrade(alembic_config(empty_database_url), "base")
    assert tables(empty_database_url) == {"alembic_version"}


def test_threads_may_upgrade_at_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [empty_database_url] * 4))
    assert difference(empty_database_url) == []


def test_processes_may_upgrade_at_once(empty_database_url: str) -> None:
    program = "import sys; from storage.migrate import upgrade; upgrade(sys.argv[1])"
    started = [
        subprocess.Popen([sys.executable, "-c", program, empty_database_url]) for _ in range(3)
    ]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    assert difference(empty_database_url) == []


def test_stores_from_before_are_found_by_their_number(empty_database_url: str) -> None:
    command.upgrade(alembic_config(empty_database_url), "0001")
    config = json.dumps({"whatsapp": {"phone_number_id": "1055"}})
    put(empty_database_url, "stores", {**STORE, "config": config})

    upgrade(empty_database_url)

    assert found(empty_database_url, "SELECT phone_number_id FROM stores") == [("1055",)]


STORE = {
    "store_id": "denim",
    "config": "{}",
    "signing_secret": "",
    "hash_key": "",
    "created_at": "2024-10-08",
    "updated_at": "2024-10-08",
}
MESSAGE = {
    "message_id": "m1",
    "store_id": "denim",
    "customer_id": "c1",
    "trigger_event_id": "e1",
    "step": 1,
    "kind": "cart_update",
    "template": "reminder",
    "address_hash": "hash",
    "status": "failed",
    "due_at": "2024-10-08",
    "claimed_at": "2024-10-08",
    "updated_at": "2024-10-08",
}


RECEIVED = {"source": "event", "received_at": "2024-10-08"}
EVENT = {
    "id": 1,
    "store_id": "denim",
    "event_id": "e1",
    "customer_id": "c1",
    "kind": "cart_update",
    "intent": 3,
    "at": "2024-10-08",
    "empties_cart": False,
    "delivery": "start",
    "address_hash": "hash",
    "body": "{}",
    "received_at": "2024-10-08",
    "attempts": 0,
}


def put(url: str, table: str, values: Mapping[str, Any]) -> None:
    """As an older release would have written it."""
    places = ", ".join(f":{name}" for name in values)
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"  # ours
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def found(url: str, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_ledger_from_before_keeps_its_messages_and_pending_failures(
    empty_database_url: str,
) -> None:
    url = empty_database_url
    command.upgrade(alembic_config(url), "0002")
    put(url, "stores", STORE)
    put(url, "messages", MESSAGE)
    put(url, "failures", {"message_id": "m1", "failed_at": "2024-10-08"})

    upgrade(url)
    pending = "SELECT fallback, channel, template FROM messages JOIN failures USING (message_id)"
    assert found(url, pending) == [(0, "whatsapp", "reminder")]

    command.downgrade(alembic_config(url), "0002")
    assert found(url, "SELECT message_id FROM failures") == [("m1",)]


def test_events_from_before_stay_without_an_email(empty_database_url: str) -> None:
    url = empty_database_url
    command.upgrade(alembic_config(url), "0004")
    put(url, "stores", STORE)
    put(url, "inbox", EVENT)

    upgrade(url)
    assert found(url, "SELECT address_hash, email_hash FROM inbox") == [("hash", None)]

    command.downgrade(alembic_config(url), "0004")
    assert found(url, "SELECT event_id, address_hash FROM inbox") == [("e1", "hash")]


async def test_first_signing_secret_and_hash_key_of_0_2_0_stay_in_use(
    empty_database_url: str,
) -> None:
    url = empty_database_url
    command.upgrade(alembic_config(url), "0007")
    config = dump_with_secrets(a_config())
    first = {"signing_secret": "whsec_first", "hash_key": "key"}
    put(url, "stores", {**STORE, **first, "config": json.dumps(config)})
    put(url, "quarantine", {"store_id": "denim", "body": "", "errors": "[]", **RECEIVED})

    upgrade(url)

    for keys in ({}, {"a": b"k" * 32}):
        database = Database(url, keys)
        await take_over(database)
        async with database.reading() as connection:
            store = await stores.existing(connection, "denim")
            assert await signing_secrets.live(connection, "denim") == ["whsec_first"]
        await database.close()
        without_token = a_config().model_copy(update={"click_token": None})  # as before 0013
        assert (store.hash_key, store.config) == ("key", without_token)


def test_downgrade_keeps_plain_secrets_and_refuses_encrypted_ones(empty_database_url: str) -> None:
    url = empty_database_url
    command.upgrade(alembic_config(url), "0007")
    put(url, "stores", {**STORE, "signing_secret": "whsec_first", "hash_key": "key"})
    upgrade(url)

    command.downgrade(alembic_config(url), "0007")
    assert found(url, "SELECT signing_secret, hash_key FROM stores") == [("whsec_first", "key")]

    upgrade(url)
    put(url, "stores", {**STORE, "store_id": "linen", "hash_key": None, "sealed_hash_key": "enc"})
    with pytest.raises(RuntimeError, match="encrypted"):
        command.downgrade(alembic_config(url), "0007")
