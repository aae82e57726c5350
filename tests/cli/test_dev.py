import os
import signal
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from cli.demo.denim_co import denim_co
from sandbox.samples import fresh
from tests.cli.processes import HOST, Journeys, environment, eventually, journeys, run

pytestmark = pytest.mark.slow


def test_it_prints_where_everything_is(stack: Journeys) -> None:
    ui_port = stack.environment["TEMPORAL_UI_PORT"]

    assert f"{stack.api_url}/docs" in stack.output
    assert f"http://{HOST}:{ui_port}/namespaces/comeback/workflows" in stack.output
    assert stack.token in stack.output
    assert f"curl -X PUT {stack.api_url}/v1/stores/" in stack.output


def test_with_keys_the_web_ui_has_the_api_decrypt_by_the_browsers_cookie(stack: Journeys) -> None:
    web_ui = f"http://{HOST}:{stack.environment['TEMPORAL_UI_PORT']}"
    sign_in = f"{stack.api_url}/ui/sign-in"
    assert f"sign in       {sign_in}" in stack.output

    with httpx.Client(trust_env=False) as browser:
        codec = browser.get(f"{web_ui}/api/v1/settings").json()["Codec"]
        signed_in = browser.post(sign_in, data={"token": stack.token})
        page = {"Origin": web_ui, "X-Namespace": "comeback"}
        decoded = browser.post(f"{codec['Endpoint']}/decode", headers=page, json={})

    assert codec["Endpoint"] == f"{stack.api_url}/codec"
    assert codec["IncludeCredentials"] is True
    assert codec["DefaultErrorLink"] == sign_in
    assert signed_in.status_code == 303
    assert decoded.status_code == 200
    assert decoded.headers["access-control-allow-origin"] == web_ui


def test_the_web_ui_by_another_name_leads_to_the_one_that_may_decrypt(stack: Journeys) -> None:
    port = stack.environment["TEMPORAL_UI_PORT"]
    path = "/namespaces/comeback/workflows?query=JourneyStage%3D%22held%22"
    by_name = {"Host": f"localhost:{port}"}

    redirected = httpx.get(f"http://{HOST}:{port}{path}", headers=by_name, trust_env=False)
    page = httpx.get(f"http://{HOST}:{port}{path}", trust_env=False)

    assert redirected.status_code == 307
    assert redirected.headers["location"] == f"http://{HOST}:{port}{path}"
    assert page.headers["content-type"].startswith("text/html")


def test_only_the_owner_can_read_the_kept_token(stack: Journeys) -> None:
    mode = (stack.data_dir / "admin_token").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


async def test_closed_journeys_are_kept_for_thirty_days(stack: Journeys) -> None:
    address = f"{HOST}:{stack.environment['TEMPORAL_PORT']}"
    client = await Client.connect(address, namespace="comeback")

    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="comeback")
    )

    assert described.config.workflow_execution_retention_ttl.ToTimedelta().days >= 30


@pytest.mark.parametrize(
    "command", ["-m worker", "-m api", "server start-dev", "-m cli.web_ui_proxy"]
)
def test_a_killed_process_is_started_again_and_the_api_gets_ready(
    stack: Journeys, command: str
) -> None:
    [killed] = stack.children(command)
    os.kill(killed, signal.SIGKILL)

    assert eventually(lambda: stack.children(command) not in ([], [killed]), 10), stack.output
    assert eventually(stack.is_ready, 40), stack.output
    assert "ended unexpectedly (SIGKILL)" in stack.output


def test_a_second_stack_keeps_away_from_the_data_of_the_first(stack: Journeys) -> None:
    second = run("dev", env=environment(stack.data_dir))

    assert second.returncode == 1
    assert f"another stack runs in {stack.data_dir}" in second.stderr


def test_a_taken_port_is_named_with_the_variable_that_changes_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = run("dev", env=environment(tmp_path, TEMPORAL_PORT=port))

    assert refused.returncode == 1
    assert f"port {port} on {HOST} is in use" in refused.stderr
    assert "TEMPORAL_PORT" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_it_within_ten_seconds(tmp_path: Path, number: signal.Signals) -> None:
    env = environment(tmp_path / "data")
    with journeys("dev", env=env, output=tmp_path / "output") as running:
        assert running.says("ready"), running.output
        running.process.send_signal(number)

        assert running.process.wait(10) == 0
        assert running.children() == []


def test_token_and_journeys_survive_a_restart(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    with journeys("dev", env=env, output=tmp_path / "first") as first:
        assert first.says("ready"), first.output
        token = first.token
        start_journey(first, "cust-1")
        before = journey(first, "cust-1")
        first.process.terminate()
        first.process.wait(10)

    with journeys("dev", env=env, output=tmp_path / "second") as second:
        assert second.says("ready"), second.output

        assert second.token == token
        assert journey(second, "cust-1") == before
        assert before["stage"] == "buffering"


def start_journey(stack: Journeys, customer_id: str) -> None:
    """One with a buffer that outlasts the test."""
    config = {**denim_co("https://partner.example"), "exit_api": None, "buffer": "1h"}
    with httpx.Client(base_url=stack.api_url, trust_env=False) as http:
        store = http.put("/v1/stores/denim-co", json=config, headers=bearer(stack.token))
        event = fresh(
            "product_view", event_id="event-1", customer_id=customer_id, at=datetime.now(UTC)
        )
        key = store.raise_for_status().json()["api_key"]
        posted = http.post("/v1/stores/denim-co/events", json=event, headers=bearer(key))
    assert posted.json()["status"] == "accepted", posted.text


def journey(stack: Journeys, customer_id: str) -> dict[str, object]:
    url = f"{stack.api_url}/v1/stores/denim-co/journeys/{customer_id}"
    answer = httpx.get(url, headers=bearer(stack.token), trust_env=False)
    explained: dict[str, object] = answer.raise_for_status().json()
    return explained


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_killed_stack_leaves_no_process_behind(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    with journeys("dev", env=env, output=tmp_path / "output") as running:
        assert running.says("ready"), running.output
        running.process.kill()

        assert eventually(lambda: running.children() == [], 5)
