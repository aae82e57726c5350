"""Health and metrics."""

import httpx
import pytest
from temporalio.client import Client

from storage.database import Database
from storage.reencryption import reencrypt
from tests.api.caller import Caller, Shop, connecting_to, running_api, settings_for
from tests.databases import both_databases


async def readiness(caller: Caller) -> tuple[int, dict[str, str]]:
    answer = await caller.http.get("/health/ready")
    parts: dict[str, str] = answer.json()
    return answer.status_code, parts


async def test_process_is_live_without_temporal(caller_without_temporal: Caller) -> None:
    assert (await caller_without_temporal.http.get("/health/live")).status_code == 200


@pytest.mark.usefixtures("worker")
async def test_ready_with_database_temporal_and_worker(caller: Caller) -> None:
    for _ in range(1000):
        status, parts = await readiness(caller)
        if status == 200:
            break
    assert parts == {"database": "ok", "temporal": "ok", "worker": "ok"}


async def test_missing_worker_is_named(
    own_database_url: str, address: str, own_namespace: Client
) -> None:
    api = running_api(
        settings_for(own_database_url), connecting_to(address, own_namespace.namespace)
    )
    async with api as caller:
        status, parts = await readiness(caller)
    assert status == 503
    assert parts == {"database": "ok", "temporal": "ok", "worker": "no worker is polling"}


async def test_missing_temporal_is_named(caller_without_temporal: Caller) -> None:
    status, parts = await readiness(caller_without_temporal)
    assert status == 503
    assert parts == {"database": "ok", "temporal": "not reachable", "worker": "not reachable"}


async def test_secrets_that_this_process_cannot_open_are_named(
    own_database_url: str, address: str
) -> None:
    old, new = {"k1": b"1" * 32}, {"k2": b"2" * 32}
    settings = settings_for(own_database_url, secret_keys=old)
    async with running_api(settings, connecting_to(address)) as caller:
        await caller.new_store()
        assert (await readiness(caller))[1]["database"] == "ok"
        other_process = Database(own_database_url, new | old)
        await reencrypt(other_process)
        await other_process.close()
        status, parts = await readiness(caller)
    assert status == 503
    assert parts["database"].startswith("SECRET_KEYS has no key")


def metrics_in(answer: httpx.Response) -> dict[str, float]:
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@both_databases
async def test_metrics_count_events_requests_and_rows_without_naming_a_person(
    shop_without_temporal: Shop,
) -> None:
    event = shop_without_temporal.event()
    for body in (event, event, shop_without_temporal.event("collection_view"), {}):
        await shop_without_temporal.post(body)
    await shop_without_temporal.caller.http.get("/nowhere/919876543210")
    answer = await shop_without_temporal.caller.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    counted = metrics_in(answer)
    for status, count in {"accepted": 2, "duplicate": 1, "invalid": 1}.items():
        assert counted[f'comeback_events_total{{status="{status}"}}'] == count
    assert counted["comeback_inbox_backlog"] == 2
    assert counted["comeback_quarantine_size"] == 1
    assert counted["comeback_database_up"] == 1
    route = 'method="POST",route="/v1/stores/{store_id}/events",status="202"'
    assert counted[f"comeback_http_request_duration_seconds_count{{{route}}}"] == 3
    assert 'route="unmatched"' in answer.text
    for name in (shop_without_temporal.store_id, shop_without_temporal.customer_id, "919876543210"):
        assert name not in answer.text


@both_databases
async def test_metrics_count_holds_without_naming_a_store(own_caller: Caller) -> None:
    shop = await own_caller.new_store()
    await shop.operator("POST", "/pause")
    answer = await shop.caller.http.get("/metrics")
    counted = metrics_in(answer)
    assert counted['comeback_stores_paused{by="operator"}'] == 1
    assert counted['comeback_stores_paused{by="account"}'] == 0
    assert counted["comeback_templates_held"] == 0
    assert counted['comeback_journeys_held{waiting_for="store"}'] == 0
    assert counted['comeback_messages{status="unknown"}'] == 0
    assert shop.store_id not in answer.text
    await shop.operator("POST", "/resume")
    answer = await shop.caller.http.get("/metrics")
    assert metrics_in(answer)['comeback_stores_paused{by="operator"}'] == 0
