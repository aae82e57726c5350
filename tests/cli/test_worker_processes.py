"""`journeys worker`: several worker processes, kept alive and ended together."""

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
WORKER = "-m worker"


def two_free_ports() -> int:
    """A free port that another one follows."""
    while True:
        port = free_port(HOST)
        if port < 65535 and is_free(port + 1):
            return port


def is_free(port: int) -> bool:
    try:
        httpx.get(f"http://{HOST}:{port}", trust_env=False)
    except httpx.TransportError:
        return True
    return False


def serves_metrics(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/metrics", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def metrics_port() -> int:
    return two_free_ports()


@pytest.fixture
def workers(tmp_path: Path, metrics_port: int) -> Iterator[Journeys]:
    """Two workers, which wait for Temporal."""
    env = environment(
        tmp_path / "data",
        TEMPORAL_ADDRESS=f"{HOST}:{free_port(HOST)}",
        WORKER_METRICS_PORT=str(metrics_port),
    )
    (tmp_path / "data").mkdir()
    with journeys("worker", "--processes", "2", env=env, output=tmp_path / "output") as running:
        yield running


def both_serve(port: int) -> bool:
    return eventually(lambda: serves_metrics(port) and serves_metrics(port + 1), STARTS_WITHIN)


def test_each_serves_metrics_on_its_own_port_and_is_started_again_when_it_dies(
    workers: Journeys, metrics_port: int
) -> None:
    assert both_serve(metrics_port), workers.output
    killed, other = workers.children(WORKER)

    os.kill(killed, signal.SIGKILL)

    assert workers.says("ended unexpectedly (SIGKILL); starting it again")
    assert both_serve(metrics_port), workers.output
    assert killed not in workers.children(WORKER)
    assert other in workers.children(WORKER)


def test_sigterm_ends_all_of_them(workers: Journeys, metrics_port: int) -> None:
    assert both_serve(metrics_port), workers.output

    workers.process.terminate()

    assert workers.process.wait(10) == 0
    assert workers.children() == []


def test_workers_end_when_their_parent_is_killed(workers: Journeys, metrics_port: int) -> None:
    assert both_serve(metrics_port), workers.output

    workers.process.kill()

    assert eventually(lambda: not workers.children(), 10)


def test_more_processes_than_ports_are_refused(tmp_path: Path) -> None:
    env = environment(tmp_path, WORKER_METRICS_PORT="65535")

    ended = run("worker", "--processes", "2", env=env)

    assert ended.returncode == 1
    assert "worker 2 has no port: WORKER_METRICS_PORT + 1" in ended.stderr
