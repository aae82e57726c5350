import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGINT, SIGTERM, getsignal

import httpx
import pytest

from sandbox.app import create_sandbox
from sandbox.server import serve
from tests.sandbox.messaging import TOKEN, post, request

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """The sandbox as a process of its own, killed at the end if it still runs."""
    command = (sys.executable, "-m", "sandbox", *arguments)
    running = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=ROOT)
    assert running.stdout is not None
    url = (await running.stdout.readline()).decode().strip()
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield running, client
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def test_an_application_is_served_while_the_block_runs() -> None:
    async with serve(create_sandbox()) as url, httpx.AsyncClient(base_url=url) as client:
        assert "messages" in await post(client, request())

    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


async def test_a_port_can_be_chosen() -> None:
    async with serve(create_sandbox()) as url:
        port = int(url.rpartition(":")[2])

    async with serve(create_sandbox(), port) as again:
        assert again == url


async def test_serving_leaves_signal_handlers_alone() -> None:
    before = getsignal(SIGTERM)

    async with serve(create_sandbox()) as url, httpx.AsyncClient(base_url=url) as client:
        await post(client, request())
        assert getsignal(SIGTERM) == before


async def test_a_hung_request_does_not_delay_shutdown() -> None:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(30):
        async with serve(create_sandbox()) as url:
            await client.post(f"{url}/_sandbox/faults", json={"fault": "done_but_timeout"})
            hung = asyncio.create_task(
                client.post(f"{url}/1055/messages", json=request(), headers=TOKEN)
            )
            while not (await client.get(f"{url}/_sandbox/messages")).json():
                pass

        outcomes = await asyncio.gather(hung, return_exceptions=True)

    assert not isinstance(outcomes[0], httpx.TimeoutException)


@pytest.mark.slow
async def test_the_ledger_of_a_killed_process_is_read_by_the_next(tmp_path: Path) -> None:
    arguments = ("--ledger", str(tmp_path / "ledger.jsonl"))
    async with process(*arguments) as (running, client):
        answer = await post(client, request())
        running.kill()
        await running.wait()

    async with process(*arguments) as (_, client):
        [message] = (await client.get("/_sandbox/messages")).json()

    assert message["id"] == answer["messages"][0]["id"]


@pytest.mark.slow
@pytest.mark.parametrize("signal", [SIGTERM, SIGINT])
async def test_a_process_ends_soon_after_a_signal(signal: int) -> None:
    async with process("--port", "0") as (running, client):
        assert (await client.get("/partner/_sandbox/requests")).json() == []
        running.send_signal(signal)

        async with asyncio.timeout(30):
            assert await running.wait() in {0, -signal}
