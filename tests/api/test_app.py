"""Starting: what the API wants, and what it does without."""

import logging
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import api.app
from api.access_log import discreet, keep_access_log_discreet
from api.services import StartError
from settings import Settings
from tests.api.calling import BASE_URL, Caller, Shop, calling, connecting_to, settings_for
from tests.api.calling import unused_address as nowhere
from workflows.client import connect


def test_without_admin_token_nothing_starts_and_one_line_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ADMIN_TOKEN", raising=False)
    with pytest.raises(SystemExit) as exited:
        _ = api.app.app
    assert "ADMIN_TOKEN" in str(exited.value)
    assert "\n" not in str(exited.value)


def test_import_reads_no_environment() -> None:
    command = [sys.executable, "-c", "import api.app"]
    done = subprocess.run(command, env={"API_PORT": "none"}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_app_is_made_for_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "x")
    assert api.app.app.title == "Comeback"
    with pytest.raises(AttributeError):
        _ = api.app.nothing


async def test_start_fails_plainly_when_the_database_is_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with nowhere() as address:
        settings = settings_for(f"postgresql://someone:secret@{address}/comeback")
        with pytest.raises(StartError, match="DATABASE_URL"):
            async with calling(settings, connecting_to(address)):
                raise AssertionError("started")
    assert "secret" not in capsys.readouterr().out


async def test_unencrypted_payloads_are_warned_of(
    database_url: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with calling(settings_for(database_url), connecting_to(address)):
        assert "PAYLOAD_KEYS" in capsys.readouterr().out
    keys = {"k1": b"k" * 32}
    async with calling(settings_for(database_url, payload_keys=keys), connecting_to(address)):
        assert "PAYLOAD_KEYS" not in capsys.readouterr().out


async def test_temporal_is_found_as_its_own_variables_say(
    database_url: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)

    async def connected(keys: Mapping[str, bytes]) -> Client:
        return await connect(keys, lazy=True)

    async with calling(settings_for(database_url), connected) as caller:
        shop = await caller.new_store()
        assert (await shop.post()).json()["status"] == "accepted"


async def test_docs_describe_the_event_body(caller: Caller) -> None:
    described = (await caller.http.get("/openapi.json")).json()
    post = described["paths"]["/v1/stores/{store_id}/events"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    parts = described["components"]["schemas"]
    assert {each["$ref"].rsplit("/")[-1] for each in schema["oneOf"]} <= set(parts)
    assert set(post["responses"]) == {"202", "401", "413", "422", "429", "503"}
    assert "Step" in parts
    assert (await caller.http.get("/docs")).status_code == 200


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/v1/stores/s/suppressions/%2B919876543210", "/v1/stores/s/suppressions/***"),
        ("/webhooks/whatsapp?hub.verify_token=secret", "/webhooks/whatsapp"),
        ("/v1/stores/s/events", "/v1/stores/s/events"),
    ],
)
def test_access_log_has_no_numbers_and_no_secrets(
    path: str, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert discreet(path) == logged
    keep_access_log_discreet()
    arguments = ("127.0.0.1:1", "PUT", path, "1.1", 204)
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *arguments)
    assert caplog.messages == [f'127.0.0.1:1 - "PUT {logged} HTTP/1.1" 204']
    logging.getLogger("uvicorn.access").info("plain")


async def test_links_follow_the_base_url(caller: Caller, shop: Shop) -> None:
    assert shop.made["events_url"].startswith(BASE_URL)
    answer = await caller.operator("PUT", f"http://shops.example:8443{shop.path}", json=shop.config)
    assert answer.json()["events_url"] == f"http://shops.example:8443{shop.path}/events"


async def test_search_attributes_are_registered_on_a_server_that_lacks_them(
    database_url: str,
) -> None:
    from tests.temporal import temporal_binary  # noqa: PLC0415

    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal_binary()
    ) as bare:
        address = bare.client.service_client.config.target_host
        async with calling(settings_for(database_url), connecting_to(address)) as caller:
            shop = await caller.new_store()
            await shop.post()
            while not await _has_journey(bare.client, shop):
                await shop.post()


async def _has_journey(client: Client, shop: Shop) -> bool:
    async for journey in client.list_workflows():
        if journey.id == f"journey:{shop.store_id}:{shop.customer_id}":
            return True
    return False


def test_settings_given_are_used() -> None:
    settings: dict[str, Any] = {"admin_token": "x"}
    assert api.app.create_app(Settings.model_validate(settings)).title == "Comeback"
