"""`journeys database reencrypt`, as operators call it."""

import asyncio
from base64 import b64encode
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from storage import stores
from storage.database import Database
from tests.databases import copy_of
from tests.storage.builders import NOW, STORE, a_config

OLD, NEW = (f"{name}:{b64encode(name.encode() * 32)[:43].decode()}=" for name in "ab")


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with one store, whose secrets are plain."""
    url = copy_of(migrated_sqlite, tmp_path)
    asyncio.run(put_store(url))
    monkeypatch.setenv("DATABASE_URL", url)


async def put_store(url: str) -> None:
    database = Database(url)
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(), NOW)
    await database.close()


def reencrypt(keys: str) -> Result:
    return CliRunner().invoke(app, ["database", "reencrypt"], env={"SECRET_KEYS": keys})


def test_it_prints_how_many_secrets_were_encrypted() -> None:
    for keys in (OLD, f"{NEW},{OLD}"):
        assert reencrypt(keys).output == "encrypted 2 secrets of 1 stores\n"
    assert reencrypt(NEW).output == "encrypted 0 secrets of 0 stores\n"


def test_missing_key_is_named_with_store_and_field() -> None:
    reencrypt(OLD)

    refused = reencrypt(NEW)

    assert refused.exit_code == 1
    assert refused.stderr == (
        "journeys: SECRET_KEYS has no key a, which encrypted config.whatsapp.access_token "
        "of store denim\n"
    )


def test_without_keys_it_is_refused() -> None:
    refused = reencrypt("")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "SECRET_KEYS is not set" in refused.stderr


def test_purge_without_the_keys_is_refused() -> None:
    reencrypt(OLD)
    refused = CliRunner().invoke(app, ["database", "purge", "--older-than", "30d"])
    assert refused.exit_code == 1
    assert "SECRET_KEYS has no key a" in refused.stderr
