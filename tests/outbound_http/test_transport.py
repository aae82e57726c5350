"""What the transport writes and reads, and for how long it waits."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from outbound_http.body import OversizedAnswerError, read_body
from tests.outbound_http.raw_server import ENOUGH, HALF, MOMENT, OK, client, serving


def head(request: bytes) -> dict[str, list[str]]:
    """The values of each header, by its name."""
    fields: dict[str, list[str]] = {}
    for line in request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        fields.setdefault(name.lower(), []).append(value)
    return fields


async def test_a_request_has_the_headers_that_it_was_given_and_no_others() -> None:
    headers = {
        b"Authorization": "Bearer ₹".encode(),
        b"Accept-Encoding": b"identity",
        b"Host": b"shop.example",
    }
    async with serving(OK) as server, client() as http:
        await http.post(f"{server.url}/%2e%2e/a%20b?c=%7E&d=+", headers=headers, content=b"{}")

    [request] = server.requests
    assert request.startswith(b"POST /%2e%2e/a%20b?c=%7E&d=+ HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\n{}")
    assert head(request) == {
        "host": ["shop.example"],
        "accept": ["*/*"],
        "accept-encoding": ["identity"],
        "connection": ["keep-alive"],
        "user-agent": [f"python-httpx/{httpx.__version__}"],
        "authorization": ["Bearer ₹"],
        "content-length": ["2"],
    }


@pytest.mark.parametrize(
    "framing",
    [
        {"Content-Length": "1"},
        {"Content-Length": "500"},
        {"Transfer-Encoding": "chunked"},
        {"content-length": "0", "transfer-encoding": "identity"},
        {"Expect": "100-continue"},
    ],
)
@pytest.mark.parametrize("body", [b"", b"hello"])
async def test_the_body_alone_says_where_a_request_ends(
    framing: dict[str, str], body: bytes
) -> None:
    """Or the next request on the connection would begin in the middle of this one."""
    async with serving(OK, OK) as server, client() as http:
        for _ in range(2):
            await http.request("POST", server.url, headers=framing, content=body)

    assert server.connections == 1
    for request in server.requests:
        assert request.endswith(b"\r\n\r\n" + body)
        assert head(request)["content-length"] == [str(len(body))]
        assert not head(request).keys() & {"transfer-encoding", "expect"}


@pytest.mark.parametrize("value", ["a\r\nX-Smuggled: 1", "a\nb", "a\x00b", "a\x7f"])
async def test_a_header_with_control_characters_is_not_written(value: str) -> None:
    async with serving(OK) as server, client() as http:
        with pytest.raises(httpx.LocalProtocolError):
            await http.get(server.url, headers={"X-Key": value})
        assert await server.next_closed() == b""
    assert server.requests == []


async def test_a_body_is_not_unfolded() -> None:
    folded = gzip.compress(b" " * 10_000_000)
    fields = b"content-encoding: gzip\r\ncontent-length: %d" % len(folded)
    async with (
        serving(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n%s" % (fields, folded)) as server,
        client() as http,
        http.stream("GET", server.url) as answer,
    ):
        assert await read_body(answer.aiter_raw(), len(folded)) == folded


async def test_nor_is_it_unfolded_far_beyond_what_is_read() -> None:
    folded = gzip.compress(b" " * 100_000_000)
    fields = b"content-encoding: gzip\r\ncontent-length: %d" % len(folded)
    async with (
        serving(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n%s" % (fields, folded)) as server,
        client() as http,
        http.stream("GET", server.url) as answer,
    ):
        chunk = await anext(aiter(answer.aiter_bytes()))
        with pytest.raises(OversizedAnswerError):
            await read_body(_once(chunk), 1000)
    assert len(chunk) < 20_000_000


async def _once(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk


async def test_no_cookie_is_kept_and_no_redirect_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nset-cookie: a=1\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n"
    async with serving(moved, OK) as server, client() as http:
        url = f"http://localhost:{server.port}/"  # for addresses aiohttp keeps none anyway
        assert (await http.get(url)).status_code == httpx.codes.FOUND
        await http.get(url)
    assert [head(request).get("cookie") for request in server.requests] == [None, None]


async def test_an_answer_with_a_header_too_long_is_none() -> None:
    answer = b"HTTP/1.1 200 OK\r\nx: %s\r\n\r\n" % (b"x" * 20_000)
    async with serving(answer) as server, client() as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(server.url)


async def test_an_answer_that_does_not_begin_in_time_is_given_up() -> None:
    async with serving(b"") as server, client(timeouts=httpx.Timeout(5, read=MOMENT)) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(server.url)
        assert await server.next_closed() == b""


async def test_an_answer_that_stops_halfway_is_given_up() -> None:
    async with serving(HALF) as server, client(timeouts=httpx.Timeout(5, read=MOMENT)) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(server.url)
        assert await server.next_closed() == b""


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nx: ", HALF])
async def test_an_answer_that_drips_is_cut_off_by_the_callers_deadline(begun: bytes) -> None:
    async with dripping(begun) as (url, ended), client() as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2 * MOMENT):
                await http.post(url)
        async with asyncio.timeout(ENOUGH):
            await ended.wait()


@asynccontextmanager
async def dripping(begun: bytes) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A server that sends a byte again and again; tells when the other side has closed."""
    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(begun or b"HTTP/1.1 100 Continue\r\n\r\n")
        end = asyncio.ensure_future(reader.read())
        while not end.done():
            writer.write(b" " if begun else b"HTTP/1.1 100 Continue\r\n\r\n")
            await asyncio.wait([end], timeout=MOMENT / 5)
        writer.close()
        ended.set()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", ended


async def test_a_connection_that_is_not_made_in_time_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        async with client(timeouts=httpx.Timeout(5, connect=MOMENT)) as http:
            with pytest.raises(httpx.ConnectTimeout):
                await http.post(f"http://127.0.0.1:{full.getsockname()[1]}")
        for each in waiting:
            each.close()
