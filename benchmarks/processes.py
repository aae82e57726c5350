"""API, worker and sandbox as processes of their own, without this one's environment variables."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx

from cli.ports import free_port
from sandbox.server import HOST

ROOT = Path(__file__).parents[1]
BENCHMARK_SECRET = "benchmark"  # noqa: S105  # of processes that live for some minutes
WAIT_TIMEOUT: Final = timedelta(seconds=60)
"""Of the start, of a request, and of an effect that is waited for."""


def api_variables(database_url: str, temporal_address: str) -> dict[str, str]:
    """The environment variables of an API whose tokens and secrets are all `BENCHMARK_SECRET`."""
    return {
        "DATABASE_URL": database_url,
        "ADMIN_TOKEN": BENCHMARK_SECRET,
        "META_APP_SECRET": BENCHMARK_SECRET,
        "META_VERIFY_TOKEN": BENCHMARK_SECRET,
        "TEMPORAL_ADDRESS": temporal_address,
    }


@dataclass(frozen=True)
class HttpProcess:
    """A process that serves HTTP, and a client for it."""

    pid: int
    http: httpx.AsyncClient

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        return self.http.base_url.port or 80

    def url(self, path: str = "") -> str:
        """A URL there; the path begins with a slash."""
        return str(self.http.base_url).rstrip("/") + path


@asynccontextmanager
async def run_api(variables: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a free port; gives a client for it."""
    async with run_api_process(variables) as process:
        yield process.http


@asynccontextmanager
async def run_api_process(variables: Mapping[str, str]) -> AsyncIterator[HttpProcess]:
    """The API on a free port."""
    port = free_port(HOST)
    command = ("-m", "api", "--host", HOST, "--port", str(port))
    async with _run(variables, *command) as pid, _client(f"http://{HOST}:{port}") as http:
        await _wait_until_live(http)
        yield HttpProcess(pid, http)


@asynccontextmanager
async def run_worker(variables: Mapping[str, str]) -> AsyncIterator[int]:
    """The worker; gives its process id."""
    async with _run(variables, "worker.py") as pid:
        yield pid


@asynccontextmanager
async def run_sandbox(ledger: Path | None = None) -> AsyncIterator[str]:
    """The stand-ins; gives their URL. Without a file the ledger is in memory."""
    async with run_sandbox_process(ledger) as process:
        yield process.url()


@asynccontextmanager
async def run_sandbox_process(ledger: Path | None = None) -> AsyncIterator[HttpProcess]:
    """The stand-ins."""
    kept = () if ledger is None else ("--ledger", str(ledger))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *kept),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        url = (await process.stdout.readline()).decode().strip() if process.stdout else ""
        async with _client(url) as http:
            yield HttpProcess(process.pid, http)
    finally:
        process.terminate()
        await process.wait()


@contextmanager
def refusing_url() -> Iterator[str]:
    """A URL that refuses connections: its port is bound, but not listened on."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield f"http://{HOST}:{bound.getsockname()[1]}"


@asynccontextmanager
async def _run(variables: Mapping[str, str], *arguments: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=ROOT,
        env={**variables, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=WAIT_TIMEOUT.total_seconds())


async def _wait_until_live(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(WAIT_TIMEOUT.total_seconds()):
        while True:
            try:
                await http.get("/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
