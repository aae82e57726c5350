"""`journeys api`: several processes of the API on one address."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.ports import free_port
from tests.cli.processes import HOST, Journeys, environment, eventually, journeys, run

pytestmark = pytest.mark.slow

STARTS_WITHIN = 90.0
API = "-m api"


@pytest.fixture
def port() -> int:
    return free_port(HOST)


@pytest.fixture
def processes(tmp_path: Path, port: int) -> Iterator[Journeys]:
    """Two of them, which need no Temporal to accept events."""
    (tmp_path / "data").mkdir()
    env = environment(
        tmp_path / "data",
        ADMIN_TOKEN="token",  # of processes that live for seconds
        API_PORT=str(port),
        TEMPORAL_ADDRESS=f"{HOST}:{free_port(HOST)}",
    )
    with journeys("api", "--workers", "2", env=env, output=tmp_path / "output") as running:
        yield running


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/health/live", trust_env=False).is_success
    except httpx.TransportError:
        return False


def listeners(running: Journeys) -> int:
    """How many processes have said that they serve."""
    return running.output.count("Application startup complete")


def both_serve(running: Journeys, port: int) -> bool:
    return eventually(lambda: listeners(running) >= 2 and answers(port), STARTS_WITHIN)


def test_one_that_dies_is_started_again_while_the_other_answers(
    processes: Journeys, port: int
) -> None:
    assert both_serve(processes, port), processes.output
    killed, other = processes.children(API)

    os.kill(killed, signal.SIGKILL)

    assert processes.says("ended unexpectedly (SIGKILL); starting it again")
    assert eventually(lambda: listeners(processes) >= 3, STARTS_WITHIN), processes.output
    assert answers(port)
    assert other in processes.children(API)
    assert killed not in processes.children(API)


def test_sigterm_ends_all_of_them(processes: Journeys, port: int) -> None:
    assert both_serve(processes, port), processes.output

    processes.process.terminate()

    assert processes.process.wait(10) == 0
    assert processes.children() == []


def test_more_processes_than_metrics_ports_are_refused(tmp_path: Path) -> None:
    env = environment(tmp_path, ADMIN_TOKEN="token", API_METRICS_PORT="65535")

    ended = run("api", "--workers", "2", env=env)

    assert ended.returncode == 1
    assert "API 2 has no port: API_METRICS_PORT + 1" in ended.stderr
