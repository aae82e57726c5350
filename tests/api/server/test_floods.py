"""Floods against the launched API: `python -m api`, with the limits that it has."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cli.ports import free_port
from sandbox.samples import fresh
from sandbox.server import HOST
from tests.api.caller import ADMIN, bearer, now
from tests.api.server.serving import PATIENCE_SECONDS, Raw, connected, head
from tests.databases import copy_of
from tests.domain.stores.contract_example import contract_example

CONNECTIONS = 1100
POSTS = 20
START_SECONDS = 120
"""How long a process may take to start, beside every other test."""

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow


@pytest.fixture
def launched(migrated_sqlite: Path, tmp_path: Path) -> Iterator[int]:
    """The port of an API process whose Temporal does not answer."""
    port = free_port(HOST)
    changes = {"DATABASE_URL": copy_of(migrated_sqlite, tmp_path), "ADMIN_TOKEN": ADMIN}
    environment = os.environ | changes | {"TEMPORAL_ADDRESS": f"{HOST}:1"}
    with subprocess.Popen(
        [sys.executable, "-m", "api", "--port", str(port)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield port
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@asynccontextmanager
async def client(port: int) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://{HOST}:{port}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as http:
        yield http


async def until_live(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                await http.get("/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


async def keyless(port: int, number: int) -> None:
    """Send a byte a second until the server closes."""
    whole = head("/v1/stores/s/events", "Content-Length: 60000")
    async with connected(port) as raw:
        sent = b"" if number % 2 else whole
        await raw.send(sent)
        dripping = asyncio.create_task(drip(raw, whole[len(sent) :] or b" " * 60_000))
        await raw.rest()
        dripping.cancel()


async def drip(raw: Raw, data: bytes) -> None:
    for byte in data:
        await raw.send(bytes([byte]))
        await asyncio.sleep(1)


async def test_keyless_connections_leave_stores_their_202_and_are_closed(launched: int) -> None:
    async with client(launched) as http:
        await until_live(http)
        made = await http.put("/v1/stores/b", json=contract_example(), headers=bearer(ADMIN))
        slow = [asyncio.create_task(keyless(launched, number)) for number in range(CONNECTIONS)]
        statuses = [await post(http, number, made.json()["api_key"]) for number in range(POSTS)]
        await asyncio.gather(*slow)
    assert statuses == [202] * POSTS


async def post(http: httpx.AsyncClient, number: int, key: str) -> int:
    event = fresh("cart_update.add_to_cart", event_id=f"e{number}", customer_id="c", at=now())
    answer = await http.post("/v1/stores/b/events", json=event, headers=bearer(key))
    return answer.status_code
