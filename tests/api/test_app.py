"""Starting the API: settings, database and Temporal."""

import asyncio
import itertools
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from temporalio.api.operatorservice.v1 import RemoveSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import api.app
from api.access_log import silence_uvicorn
from settings import Settings
from storage.migrate import DatabaseUnavailableError
from storage.secret_cipher import SecretKeyMissingError
from temporal.client import connect
from temporal.search_attributes import are_registered, register
from tests.api.caller import (
    BASE_URL,
    Caller,
    Shop,
    connecting_to,
    running_api,
    settings_for,
    unused_address,
)
from tests.databases import both_databases
from tests.servers import temporal_binary
from workflows.names import JOURNEY_REASON


def test_start_without_an_admin_token_fails_with_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ADMIN_TOKEN", raising=False)
    with pytest.raises(SystemExit) as exited:
        _ = api.app.app
    assert "ADMIN_TOKEN" in str(exited.value)
    assert "\n" not in str(exited.value)


def test_import_does_not_read_the_environment() -> None:
    command = [sys.executable, "-c", "import api.app"]
    done = subprocess.run(command, env={"API_PORT": "none"}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_app_is_made_on_access(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "x")
    assert api.app.app.title == "Comeback"
    with pytest.raises(AttributeError):
        _ = api.app.nothing


async def test_start_fails_without_secrets_in_the_error_when_the_database_is_unavailable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with unused_address() as address:
        settings = settings_for(f"postgresql://someone:secret@{address}/comeback")
        with pytest.raises(DatabaseUnavailableError, match="DATABASE_URL"):
            async with running_api(settings, connecting_to(address)):
                raise AssertionError("started")
    assert "secret" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["PAYLOAD_KEYS", "SECRET_KEYS"])
async def test_start_warns_of_what_is_not_encrypted(
    own_database_url: str, address: str, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    async with running_api(settings_for(own_database_url), connecting_to(address)):
        assert name in capsys.readouterr().out
    keys = {name.lower(): {"k1": b"k" * 32}}
    async with running_api(settings_for(own_database_url, **keys), connecting_to(address)):
        assert name not in capsys.readouterr().out


@both_databases
async def test_start_takes_plain_secrets_over_and_is_refused_without_their_key(
    own_database_url: str, address: str
) -> None:
    keys = {"secret_keys": {"k1": b"k" * 32}}
    async with running_api(settings_for(own_database_url), connecting_to(address)) as caller:
        shop = await caller.new_store()
    async with running_api(
        settings_for(own_database_url, **keys), connecting_to(address)
    ) as caller:
        assert (await replace(shop, caller=caller).post()).status_code == 202
    with pytest.raises(SecretKeyMissingError, match="SECRET_KEYS has no key k1"):
        async with running_api(settings_for(own_database_url), connecting_to(address)):
            pytest.fail("it started")


async def test_temporal_address_is_read_from_its_own_variable(
    own_database_url: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)

    async def connect_lazily(keys: Mapping[str, bytes]) -> Client:
        return await connect(keys, lazy=True)

    async with running_api(settings_for(own_database_url), connect_lazily) as caller:
        shop = await caller.new_store()
        assert (await shop.post()).json()["status"] == "accepted"


@pytest.mark.parametrize(
    ("method", "path", "logged"),
    [
        ("PUT", "/v1/stores/s-1/suppressions/%2B919876543210", ("PUT", "401", "{address}")),
        ("GET", "/v1/stores/s-1/journeys/c-77", ("GET", "401", "/journeys/{customer_id:path}")),
        ("GET", "/webhooks/whatsapp?hub.verify_token=secret", ("GET", "503", "/webhooks/whatsapp")),
        ("GET", "/c-77?q=secret", ("GET", "404", "unmatched")),
        ("HACK", "/v1/stores/s-1", ("other", "405", "/v1/stores/{store_id}")),
    ],
)
async def test_access_log_has_routes_without_ids_numbers_and_secrets(
    caller: Caller,
    method: str,
    path: str,
    logged: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    await caller.http.request(method, path)
    line = capsys.readouterr().out
    assert all(word in line for word in ("request", *logged))
    assert not any(word in line for word in ("9198", "s-1", "c-77", "secret", "127.0.0.1"))


def test_access_log_of_uvicorn_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    silence_uvicorn()
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        logging.getLogger("uvicorn.access").info('"GET /v1/stores/s/journeys/c HTTP/1.1" 200')
    assert caplog.messages == []


async def test_events_url_has_the_base_url_of_the_request(caller: Caller, shop: Shop) -> None:
    assert shop.made["events_url"].startswith(BASE_URL)
    answer = await caller.operator("PUT", f"http://shops.example:8443{shop.path}", json=shop.config)
    assert answer.json()["events_url"] == f"http://shops.example:8443{shop.path}/events"


async def test_missing_search_attributes_are_registered(own_database_url: str) -> None:
    """An earlier event is refused and left to a worker; another customer's is tried at once."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal_binary()
    ) as bare:
        address = bare.client.service_client.config.target_host
        async with running_api(settings_for(own_database_url), connecting_to(address)) as caller:
            shop = await caller.new_store()
            async with asyncio.timeout(120):
                for number in itertools.count():
                    await shop.post(shop.event(customer_id=f"c{number}"))
                    if await _has_journey(bare.client, shop):
                        break


async def test_search_attribute_that_a_former_release_did_not_have_is_registered(
    own_namespace: Client,
) -> None:
    await own_namespace.operator_service.remove_search_attributes(
        RemoveSearchAttributesRequest(
            namespace=own_namespace.namespace, search_attributes=[JOURNEY_REASON.name]
        )
    )
    assert not await are_registered(own_namespace)
    await register(own_namespace)
    assert await are_registered(own_namespace)


async def _has_journey(client: Client, shop: Shop) -> bool:
    async for journey in client.list_workflows():
        if journey.id.startswith(f"journey:{shop.store_id}:"):
            return True
    return False


def test_given_settings_are_used() -> None:
    settings: dict[str, Any] = {"admin_token": "x"}
    assert api.app.create_app(Settings.model_validate(settings)).title == "Comeback"
