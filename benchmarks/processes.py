"""API and worker as processes of their own, with nothing of this one's environment."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from cli.ports import free_port

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[1]
PATIENCE = timedelta(seconds=60)


@asynccontextmanager
async def serving_api(environment: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a free port, and somebody who can call it."""
    port = free_port(HOST)
    command = ("-m", "uvicorn", "api.app:app", "--host", HOST, "--port", str(port))
    quiet = (*command, "--log-level", "error", "--no-access-log")
    async with _running(environment, *quiet):
        url = f"http://{HOST}:{port}"
        async with httpx.AsyncClient(
            base_url=url, trust_env=False, timeout=PATIENCE.seconds
        ) as http:
            await _until_live(http)
            yield http


@asynccontextmanager
async def running_worker(environment: Mapping[str, str]) -> AsyncIterator[None]:
    """The worker."""
    async with _running(environment, "worker.py"):
        yield


@asynccontextmanager
async def _running(environment: Mapping[str, str], *arguments: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _until_live(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while True:
            try:
                await http.get("/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
