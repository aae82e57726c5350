"""A worker's own `/metrics`, on loopback."""

import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry

from cli.ports import free_port
from operations.metrics import BackgroundMetrics
from operations.metrics_server import metrics_served

HOST = "127.0.0.1"
DONE = "comeback_background_last_success_timestamp_seconds"

VARIABLE = "WORKER_METRICS_PORT"


async def nothing() -> None:
    """Background work that is done at once."""


async def test_a_scrape_tells_when_work_was_last_done() -> None:
    registry, port = CollectorRegistry(), free_port(HOST)
    work = BackgroundMetrics(registry).watched("dispatch_events", nothing)
    with metrics_served(HOST, port, registry, VARIABLE):
        began = registry.get_sample_value(DONE, {"work": "dispatch_events"})
        await work()
        async with httpx.AsyncClient(trust_env=False) as http:
            scraped = (await http.get(f"http://{HOST}:{port}/metrics")).text

    done = registry.get_sample_value(DONE, {"work": "dispatch_events"})
    assert began is not None
    assert done is not None
    assert done > began
    assert f'{DONE}{{work="dispatch_events"}}' in scraped


async def test_work_that_fails_is_not_done() -> None:
    async def failing() -> None:
        raise LookupError

    registry = CollectorRegistry()
    work = BackgroundMetrics(registry).watched("release_held", failing)
    began = registry.get_sample_value(DONE, {"work": "release_held"})
    with pytest.raises(LookupError):
        await work()

    assert registry.get_sample_value(DONE, {"work": "release_held"}) == began


def test_without_a_port_nothing_is_served() -> None:
    with metrics_served(HOST, None, CollectorRegistry(), VARIABLE):
        pass


def test_a_taken_port_ends_the_worker_with_its_variables_name() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(SystemExit, match="WORKER_METRICS_PORT"),
            metrics_served(HOST, port, CollectorRegistry(), VARIABLE),
        ):
            pass
