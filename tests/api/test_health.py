"""Health and metrics: which part is missing."""

import httpx
import pytest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.api.calling import Caller, Shop, calling, connecting_to, settings_for
from workflows.queues import TASK_QUEUES
from workflows.recovery_journey import RecoveryJourney


@pytest.fixture(scope="session")
async def namespace(temporal: WorkflowEnvironment) -> str:
    """A namespace in which nobody ever worked."""
    request = RegisterNamespaceRequest(namespace="idle")
    request.workflow_execution_retention_period.FromSeconds(86_400)
    await temporal.client.workflow_service.register_namespace(request)
    return "idle"


async def readiness(caller: Caller) -> tuple[int, dict[str, str]]:
    answer = await caller.http.get("/health/ready")
    parts: dict[str, str] = answer.json()
    return answer.status_code, parts


async def test_process_is_live_whatever_is_missing(lonely_caller: Caller) -> None:
    assert (await lonely_caller.http.get("/health/live")).status_code == 200


async def test_ready_when_everything_is_there(
    caller: Caller, temporal: WorkflowEnvironment
) -> None:
    async with Worker(temporal.client, task_queue=TASK_QUEUES[-1], workflows=[RecoveryJourney]):
        for _ in range(1000):
            status, parts = await readiness(caller)
            if status == 200:
                break
    assert parts == {"database": "ok", "temporal": "ok", "worker": "ok"}


async def test_missing_worker_is_named(database_url: str, address: str, namespace: str) -> None:
    async with calling(settings_for(database_url), connecting_to(address, namespace)) as caller:
        status, parts = await readiness(caller)
    assert status == 503
    assert parts == {"database": "ok", "temporal": "ok", "worker": "no worker is polling"}


async def test_missing_temporal_is_named(lonely_caller: Caller) -> None:
    status, parts = await readiness(lonely_caller)
    assert status == 503
    assert parts == {"database": "ok", "temporal": "not reachable", "worker": "not reachable"}


def figures(answer: httpx.Response) -> dict[str, float]:
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_metrics_count_events_requests_and_rows_without_naming_anybody(
    lonely_shop: Shop,
) -> None:
    event = lonely_shop.event()
    for body in (event, event, lonely_shop.event("collection_view"), {}):
        await lonely_shop.post(body)
    await lonely_shop.caller.http.get("/nowhere/919876543210")
    answer = await lonely_shop.caller.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    counted = figures(answer)
    for status, count in {"accepted": 2, "duplicate": 1, "invalid": 1}.items():
        assert counted[f'comeback_events_total{{status="{status}"}}'] == count
    assert counted["comeback_inbox_backlog"] == 2
    assert counted["comeback_quarantine_size"] == 1
    assert counted["comeback_database_up"] == 1
    route = 'method="POST",route="/v1/stores/{store_id}/events",status="202"'
    assert counted[f"comeback_http_request_duration_seconds_count{{{route}}}"] == 3
    assert 'route="unmatched"' in answer.text
    for name in (lonely_shop.store_id, lonely_shop.customer_id, "919876543210"):
        assert name not in answer.text


async def test_metrics_tell_of_holds_without_naming_a_store(shop: Shop) -> None:
    await shop.operator("POST", "/pause")
    answer = await shop.caller.http.get("/metrics")
    counted = figures(answer)
    assert counted['comeback_stores_paused{by="operator"}'] == 1
    assert counted['comeback_stores_paused{by="account"}'] == 0
    assert counted["comeback_templates_held"] == 0
    assert counted['comeback_journeys_held{waiting_for="store"}'] == 0
    assert counted['comeback_messages{status="unknown"}'] == 0
    assert shop.store_id not in answer.text
    await shop.operator("POST", "/resume")
    answer = await shop.caller.http.get("/metrics")
    assert figures(answer)['comeback_stores_paused{by="operator"}'] == 0
