"""The stack under attack: `journeys dev`, the stand-ins, and the database."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from benchmarks.chaos import processes
from benchmarks.chaos.customers import CANARY
from benchmarks.chaos.postgresql import PrivatePostgresql, private_postgresql
from benchmarks.chaos.schedule import Target
from benchmarks.processes import ROOT
from cli.ports import free_port
from sandbox.server import HOST

ADMIN_TOKEN: Final = f"{CANARY}-admin-token"
APP_SECRET: Final = f"{CANARY}-app-secret"
NAMESPACE: Final = "chaos"
COMMANDS: Final = {
    Target.API: "-m api",
    Target.WORKER: "-m worker",
    Target.TEMPORAL: "server start-dev",
}
START_TIMEOUT: Final = 120.0
STOP_TIMEOUT: Final = 20.0
REQUEST_TIMEOUT: Final = 15.0
POLL_SECONDS: Final = 0.2


@dataclass(frozen=True)
class AttackedStack:
    """Its processes, and clients of the API and of the stand-ins."""

    folder: Path
    variables: Mapping[str, str]
    dev: Process
    sandbox_pid: int
    api: httpx.AsyncClient
    stand_ins: httpx.AsyncClient
    postgresql: PrivatePostgresql | None

    @property
    def sqlite_file(self) -> Path:
        """The database, unless it is PostgreSQL."""
        return self.folder / "data" / "comeback.db"

    @property
    def database_url(self) -> str:
        """As the stack has it."""
        return self.variables["DATABASE_URL"]

    @property
    def logs(self) -> list[Path]:
        """What its processes wrote."""
        return [self.folder / "dev.log", *sorted(self.folder.glob("data/logs/*.log"))]

    @property
    def temporal_files(self) -> list[Path]:
        """What Temporal keeps."""
        return sorted(self.folder.glob("data/temporal.db*"))

    def pids(self, target: Target) -> list[int]:
        """The processes of a target that run now; none while it is being started."""
        if target is Target.STAND_INS:
            return [self.sandbox_pid]
        if target is Target.DATABASE:
            return [] if self.postgresql is None else self.postgresql.pids()
        pid = processes.child_running(self.dev.pid, COMMANDS[target])
        return [] if pid is None else [pid]

    @property
    def has_ended(self) -> bool:
        """Whether `journeys dev` gave up."""
        return self.dev.returncode is not None

    async def wait_until_ready(self) -> None:
        """Wait for database, Temporal and worker.

        Raises:
            TimeoutError: they are not ready in time, or have ended.
        """
        async with asyncio.timeout(START_TIMEOUT):
            while not await self._is_ready():  # noqa: ASYNC110  # another process's state
                await asyncio.sleep(POLL_SECONDS)

    async def _is_ready(self) -> bool:
        try:
            return (await self.api.get("/health/ready")).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def run_stack(folder: Path, *, on_postgresql: bool) -> AsyncIterator[AttackedStack]:
    """Start everything on free ports, with all logs in the folder; all of it ends with the block.

    Raises:
        NoPostgresqlError: it is asked for, and not installed.
        TimeoutError: the stack does not start.
    """
    async with AsyncExitStack() as exits:
        postgresql, url = None, f"sqlite:///{folder / 'data' / 'comeback.db'}"
        if on_postgresql:
            postgresql = await exits.enter_async_context(private_postgresql(folder))
            url = postgresql.url
        sandbox, sandbox_url = await exits.enter_async_context(_sandbox(folder))
        variables = _variables(folder, url, sandbox_url)
        dev = await exits.enter_async_context(_dev(folder, variables))
        api = await exits.enter_async_context(_client(f"http://{HOST}:{variables['API_PORT']}"))
        stand_ins = await exits.enter_async_context(_client(sandbox_url))
        stack = AttackedStack(folder, variables, dev, sandbox.pid, api, stand_ins, postgresql)
        await stack.wait_until_ready()
        yield stack


def _variables(folder: Path, database_url: str, sandbox_url: str) -> dict[str, str]:
    """The stack's environment; nothing of this process's but the search path."""
    names = ("API_PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT", "WORKER_METRICS_PORT")
    ports = {name: str(free_port(HOST)) for name in names}
    key = b64encode(secrets.token_bytes(32)).decode()
    return {
        **ports,
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": database_url,
        "TEMPORAL_NAMESPACE": NAMESPACE,
        "WHATSAPP_API_URL": f"{sandbox_url}/v26.0",
        "ALLOW_PRIVATE_EGRESS": "1",
        "ADMIN_TOKEN": ADMIN_TOKEN,
        "META_APP_SECRET": APP_SECRET,
        "META_VERIFY_TOKEN": APP_SECRET,
        "PAYLOAD_KEYS": f"chaos:{key}",
    }


def _client(url: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=REQUEST_TIMEOUT, limits=limits)


@asynccontextmanager
async def _sandbox(folder: Path) -> AsyncIterator[tuple[Process, str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--ledger", folder / "meta.jsonl"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        yield process, (await process.stdout.readline()).decode().strip() if process.stdout else ""
    finally:
        await _end(process)


@asynccontextmanager
async def _dev(folder: Path, variables: Mapping[str, str]) -> AsyncIterator[Process]:
    with (folder / "dev.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", "dev", "--end-with-parent"),
            cwd=ROOT,
            env=dict(variables),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        processes.send(signal.SIGCONT, processes.children(process.pid))
        await _end(process)


async def _end(process: Process) -> None:
    """SIGTERM, and SIGKILL to what is left; the kernel ends the children of `journeys dev`."""
    processes.send(signal.SIGCONT, [process.pid])
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_TIMEOUT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
