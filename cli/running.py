"""Running the embedded stack: nothing in the way, everything up, everything ended."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from cli import data_dir, ports, temporal_server, web_ui_proxy
from cli.admin_token import ensure_token
from cli.database import upgrade_database
from cli.errors import NotReadyError
from cli.readiness import missing_part, wait_until_ready
from cli.stack import Stack
from cli.supervisor import Echo, Supervisor
from settings import Settings

READY_TIMEOUT = timedelta(seconds=90)
"""A cold start on a slow machine; it usually takes a tenth of that."""

Sidecar = tuple[str, ...]
"""A further program of ours: name, module and arguments."""


@asynccontextmanager
async def run_stack(
    settings: Settings,
    echo: Echo,
    *,
    environment: Mapping[str, str] | None = None,
    wipe_data: bool = False,
    sidecar: Sidecar | None = None,
) -> AsyncIterator[Stack]:
    """Run everything while the block runs; when it begins, the API is ready.

    Args:
        settings: ports and places.
        echo: prints what happens.
        environment: further variables of the processes.
        wipe_data: begin with an empty `data_dir`.
        sidecar: starts first and ends last.

    Raises:
        CommandError: the stack cannot start or go on; nothing is left running.
        Interrupted: a signal asked to stop.
    """
    settings = settings.model_copy(update={"data_dir": settings.data_dir.absolute()})
    async with AsyncExitStack() as exits:
        exits.enter_context(data_dir.exclusive(settings.data_dir))
        _require_ports(settings)
        if wipe_data:
            data_dir.wipe(settings.data_dir)
        stack = Stack(
            settings=settings,
            token=ensure_token(settings),
            namespace=temporal_server.embedded_namespace(),
            further_environment=environment or {},
        )
        supervisor = await exits.enter_async_context(Supervisor(echo))
        if sidecar is not None:
            await supervisor.start(stack.python(*sidecar))
        await _start(stack, supervisor, echo)
        yield stack


def _require_ports(settings: Settings) -> None:
    ports.require_free(
        {
            "API_PORT": (settings.api_host, settings.api_port),
            "TEMPORAL_PORT": (temporal_server.HOST, settings.temporal_port),
            "TEMPORAL_UI_PORT": (temporal_server.HOST, settings.temporal_ui_port),
            **_worker_metrics(settings),
        }
    )


def _worker_metrics(settings: Settings) -> dict[str, tuple[str, int]]:
    port = settings.worker_metrics_port
    if port is None:
        return {}
    return {"WORKER_METRICS_PORT": (settings.worker_metrics_host, port)}


async def _start(stack: Stack, supervisor: Supervisor, echo: Echo) -> None:
    settings = stack.settings
    echo("starting Temporal, API and worker")
    await _start_temporal(stack, supervisor)
    await upgrade_database(settings.database)
    address = ("--host", settings.api_host, "--port", str(settings.api_port))
    await supervisor.start(stack.python("worker", "worker"))
    await supervisor.start(stack.python("API", "api", *address))
    try:
        async with asyncio.timeout(READY_TIMEOUT.total_seconds()):
            await temporal_server.prepare_namespace(stack.temporal_address, stack.namespace)
            await wait_until_ready(stack.api_url)
    except TimeoutError as error:
        raise NotReadyError(
            f"not ready after {READY_TIMEOUT.seconds} s; {await missing_part(stack.api_url)}\n"
            f"{supervisor.log_tails()}"
        ) from error


async def _start_temporal(stack: Stack, supervisor: Supervisor) -> None:
    """Start the server, and before its Web UI what has it send the codec server's cookie."""
    settings, endpoint, port = stack.settings, stack.codec_endpoint, stack.settings.temporal_ui_port
    if endpoint:
        port = ports.free_port(temporal_server.HOST)
        await supervisor.start(stack.python("Web-UI", *web_ui_proxy.arguments(stack, port)))
    command = temporal_server.server_command(
        settings, stack.namespace, ui_port=port, codec_endpoint=endpoint
    )
    await supervisor.start(stack.program("Temporal", *command))
