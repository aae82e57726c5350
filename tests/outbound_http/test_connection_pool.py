"""How many connections there are, and what becomes of them."""

import asyncio

import httpx
import pytest

from tests.outbound_http.raw_server import HALF, MOMENT, OK, client, serving


async def test_connections_in_use_are_bounded_and_waiting_for_one_is_given_up() -> None:
    async with (
        serving(HALF, OK) as server,
        client(connections=1, timeouts=httpx.Timeout(5, pool=MOMENT)) as http,
    ):
        async with http.stream("GET", server.url):
            with pytest.raises(httpx.PoolTimeout):
                await http.post(server.url)
        assert (await http.post(server.url)).content == b"{}"
    assert len(server.requests) == 2


@pytest.mark.parametrize("failing", [b"", None, b"?\r\n\r\n"])
async def test_a_request_that_failed_frees_its_place(failing: bytes | None) -> None:
    async with (
        serving(failing, failing, OK) as server,
        client(connections=1, timeouts=httpx.Timeout(5, read=MOMENT)) as http,
    ):
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                await http.post(server.url)
        assert (await http.post(server.url)).content == b"{}"


async def test_a_request_that_was_cancelled_frees_its_place() -> None:
    async with serving(b"", OK) as server, client(connections=1) as http:
        sending = asyncio.create_task(http.post(server.url))
        waiting = asyncio.create_task(http.post(server.url))
        await server.received.wait()
        sending.cancel()
        assert (await waiting).content == b"{}"
        assert await server.next_closed() == b""


async def test_idle_connections_are_bounded() -> None:
    async with serving(OK) as first, serving(OK, OK) as second, client(idle=1) as http:
        await http.get(first.url)
        await http.get(second.url)
        assert await second.next_closed() == b""
        await http.get(second.url)
        assert first.closed.empty()
    assert (first.connections, second.connections) == (1, 2)


async def test_closed_connections_do_not_count_as_idle() -> None:
    async with serving(None, None, OK, OK) as server, client(idle=1) as http:
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(server.url)
        for _ in range(2):
            await http.get(server.url)
    assert server.connections == 3


async def test_an_idle_connection_is_closed_when_its_time_is_over() -> None:
    async with serving(OK) as server, client(expiry=MOMENT) as http:
        await http.get(server.url)
        assert await server.next_closed() == b""


async def test_a_connection_whose_answer_was_not_read_to_its_end_is_closed() -> None:
    whole = b"x" * 1_000_000
    long = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(whole), whole)
    async with serving(long, OK) as server, client() as http:
        async with http.stream("GET", server.url):
            pass
        assert (await http.get(server.url)).content == b"{}"
    assert server.connections == 2


async def test_no_connection_outlives_its_client() -> None:
    async with serving(OK) as server:
        async with client() as http:
            await http.get(server.url)
        assert await server.next_closed() == b""
