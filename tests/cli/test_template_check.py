"""`journeys template check`, as operators call it."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from domain.stores.config import StoreConfig
from sandbox.ledger import Ledger
from sandbox.meta import create_meta
from sandbox.server import serve
from storage import stores
from storage.database import Database
from storage.migrate import upgrade_in_thread
from tests.operations.template_shop import WABA, config_of, sale
from tests.storage.builders import NOW


@pytest.fixture(name="url")
async def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'comeback.db'}"
    await upgrade_in_thread(url)
    monkeypatch.setenv("DATABASE_URL", url)
    return url


@pytest.fixture(name="meta")
async def a_meta(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(create_meta(Ledger())) as url:
        monkeypatch.setenv("WHATSAPP_API_URL", url)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as meta:
            account = {"waba_id": WABA, "templates": [sale()]}
            (await meta.put("/_sandbox/templates", json=account)).raise_for_status()
            yield meta


async def put(url: str, keys: Mapping[str, bytes] | None = None, **configs: StoreConfig) -> None:
    database = Database(url, keys)
    async with database.transaction() as connection:
        for store_id, config in configs.items():
            await stores.put(connection, store_id, config, NOW)
    await database.close()


async def check(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["template", "check", *arguments])


@pytest.mark.usefixtures("meta")
async def test_what_does_not_fit_is_named_and_the_exit_code_says_so(url: str) -> None:
    await put(url, fits=config_of(), wrong=config_of(body=[]), unknown=config_of(waba_id=None))

    every, one = await check(), await check("--store", "fits")

    assert every.exit_code == 1
    assert every.output == (
        "fits: fits\nwrong: does not fit\n"
        "  plans.cart_update.steps.0.body: the template has 1 parameter(s), not 0\n"
    )
    assert (one.exit_code, one.output) == (0, "fits: fits\n")


@pytest.mark.usefixtures("meta")
async def test_it_prints_json(url: str) -> None:
    await put(url, wrong=config_of(body=[]))

    (store,) = json.loads((await check("--json")).stdout)["stores"]

    assert store["store_id"] == "wrong"
    assert store["checked_at"]
    warning: dict[str, Any] = store["warnings"][0]
    assert warning["type"] == "template_parameters"


@pytest.mark.usefixtures("meta")
async def test_a_store_that_cannot_be_checked_is_an_error(url: str) -> None:
    await put(url, unknown=config_of(waba_id=None))

    missing, unknown, every = (
        await check("--store", "gone"),
        await check("--store", "unknown"),
        await check(),
    )

    assert (missing.exit_code, unknown.exit_code, every.exit_code) == (1, 1, 0)
    assert "there is no store gone" in missing.output
    assert "has no whatsapp.waba_id" in unknown.output
    assert "nothing to check" in every.output


@pytest.mark.usefixtures("meta")
async def test_secrets_are_opened_by_the_keys_of_the_process(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(url, {"a": b"k" * 32}, fits=config_of())
    monkeypatch.setenv("SECRET_KEYS", f"a:{b64encode(b'k' * 32).decode()}")
    opened = await check()
    monkeypatch.setenv("SECRET_KEYS", f"b:{b64encode(b'k' * 32).decode()}")
    refused = await check()

    assert (opened.exit_code, opened.output) == (0, "fits: fits\n")
    assert refused.exit_code == 1
    assert "SECRET_KEYS has no key a" in refused.output
