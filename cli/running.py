"""Running the embedded stack: nothing in the way, everything up, everything ended."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx

from cli import data_dir, ports, temporal_server
from cli.admin_token import ensure_token
from cli.errors import NotReadyError
from cli.stack import Stack
from cli.supervisor import Say, Supervisor
from settings import Settings
from storage.migrate import upgrade_in_thread

READY_WITHIN = timedelta(seconds=90)
"""A cold start on a slow machine; it usually takes a tenth of that."""

_POLL = timedelta(seconds=0.2)
Companion = tuple[str, ...]
"""A further program of ours: name, module and arguments."""


@asynccontextmanager
async def run_stack(
    settings: Settings,
    say: Say,
    *,
    environment: Mapping[str, str] | None = None,
    afresh: bool = False,
    companion: Companion | None = None,
) -> AsyncIterator[Stack]:
    """Run everything while the block runs; when it begins, the API is ready.

    Args:
        settings: ports and places.
        say: told what happens.
        environment: what else the processes are told.
        afresh: begin with an empty `data_dir`.
        companion: starts first and ends last.

    Raises:
        CommandError: something is in the way; nothing is left running.
        Interrupted: a signal asked for the end.
    """
    settings = settings.model_copy(update={"data_dir": settings.data_dir.absolute()})
    async with AsyncExitStack() as exits:
        exits.enter_context(data_dir.owned(settings.data_dir))
        _require_ports(settings)
        if afresh:
            data_dir.wipe(settings.data_dir)
        stack = Stack(
            settings=settings,
            token=ensure_token(settings),
            namespace=temporal_server.embedded_namespace(),
            further_environment=environment or {},
        )
        supervisor = await exits.enter_async_context(Supervisor(say))
        if companion is not None:
            await supervisor.start(stack.python(*companion))
        await _start(stack, supervisor, say)
        yield stack


def _require_ports(settings: Settings) -> None:
    ports.require_free(
        {
            "API_PORT": (settings.api_host, settings.api_port),
            "TEMPORAL_PORT": (temporal_server.HOST, settings.temporal_port),
            "TEMPORAL_UI_PORT": (temporal_server.HOST, settings.temporal_ui_port),
        }
    )


async def _start(stack: Stack, supervisor: Supervisor, say: Say) -> None:
    settings = stack.settings
    command = temporal_server.server_command(settings, stack.namespace)
    say("starting Temporal, API and worker")
    await supervisor.start(stack.program("Temporal", *command))
    await upgrade_in_thread(settings.database)
    serve = ("api.app:app", "--host", settings.api_host, "--port", str(settings.api_port))
    await supervisor.start(stack.python("worker", "worker"))
    await supervisor.start(stack.python("API", "uvicorn", *serve))
    try:
        async with asyncio.timeout(READY_WITHIN.total_seconds()):
            await temporal_server.prepare_namespace(stack.temporal_address, stack.namespace)
            await _ready(stack.api_url)
    except TimeoutError as error:
        raise NotReadyError(
            f"not ready after {READY_WITHIN.seconds} s; {await _what_is_missing(stack.api_url)}\n"
            f"{supervisor.last_words()}"
        ) from error


async def _ready(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        while not await _is_ready(http):  # noqa: ASYNC110  # another process's state
            await asyncio.sleep(_POLL.total_seconds())


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/health/ready")).is_success
    except httpx.TransportError:
        return False


async def _what_is_missing(url: str) -> str:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        try:
            return f"the API says: {(await http.get('/health/ready')).text}"
        except httpx.TransportError:
            return "the API does not answer"
