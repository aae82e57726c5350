"""A request is written at most once, and a failure tells whether it may have been."""

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from outbound_http.request_trace import BEGINS, UNSENT, RequestTrace
from tests.outbound_http.raw_server import ENOUGH, OK, client, serving

MINE = b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nmine"
UNASKED = pytest.mark.parametrize(
    "unasked", [OK, b"HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", b"?"]
)
METHODS = pytest.mark.parametrize("method", ["POST", "GET"])


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as usual:
        yield usual


async def send(
    http: httpx.AsyncClient, url: str, method: str = "POST"
) -> tuple[httpx.Response | httpx.TransportError, RequestTrace]:
    """The answer or the failure, and what the trace knows of it."""
    trace = RequestTrace()
    try:
        answer = await http.request(method, url, content=b"hello", extensions={"trace": trace})
    except httpx.TransportError as error:
        return error, trace
    return answer, trace


def body_of(answer: httpx.Response | httpx.TransportError) -> bytes:
    assert isinstance(answer, httpx.Response), repr(answer)
    return answer.content


@METHODS
async def test_a_request_that_was_read_and_not_answered_is_not_written_again(
    http: httpx.AsyncClient, method: str
) -> None:
    async with serving(None, OK) as server:
        error, trace = await send(http, server.url, method)

    assert isinstance(error, httpx.RemoteProtocolError)
    assert not trace.proves_unsent(error)
    assert (len(server.requests), server.connections) == (1, 1)


@METHODS
async def test_nor_is_one_on_a_connection_that_was_kept_alive(
    http: httpx.AsyncClient, method: str
) -> None:
    async with serving(OK, None, OK) as server:
        await send(http, server.url, method)
        error, trace = await send(http, server.url, method)

    assert isinstance(error, httpx.RemoteProtocolError)
    assert not trace.proves_unsent(error)
    assert (len(server.requests), server.connections) == (2, 1)


@METHODS
async def test_a_connection_that_is_reset_after_the_request_leaves_it_unknown(
    http: httpx.AsyncClient, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    with resetting() as (url, requests):
        first, _ = await send(http, url, method)
        error, trace = await send(http, url, method)

    assert body_of(first) == b"{}"
    assert isinstance(error, httpx.ReadError)
    assert not trace.proves_unsent(error)
    assert len(requests) == 2
    gc.collect()
    others = ("temporalio", "sqlalchemy")  # of servers that the whole session shares
    assert not [each for each in caplog.records if not each.name.startswith(others)]


@contextmanager
def resetting() -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers one request, reads a second one, and resets the connection."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(ENOUGH)

        def serve() -> None:
            connection, _ = listening.accept()
            requests.append(connection.recv(65_536))
            connection.sendall(OK)
            requests.append(connection.recv(65_536))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", requests
        thread.join()


@METHODS
async def test_a_connection_that_was_closed_while_idle_is_not_written_to(
    http: httpx.AsyncClient, method: str
) -> None:
    """Also before the event loop hears of it: between the two requests it does not turn."""
    with closing_when_told() as (url, close, requests):
        first, _ = await send(http, url, method)
        close()
        second, _ = await send(http, url, method)

    assert (body_of(first), body_of(second)) == (b"{}", b"{}")
    assert len(requests) == 2


@contextmanager
def closing_when_told() -> Iterator[tuple[str, Any, list[bytes]]]:
    """A server that answers one request on each of two connections, and closes when told."""
    requests: list[bytes] = []
    told, closed = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(ENOUGH)

        def serve() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                requests.append(connection.recv(65_536))
                connection.sendall(OK)
                told.wait(ENOUGH)
                connection.close()
                closed.set()

        def close() -> None:
            told.set()
            closed.wait(ENOUGH)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", close, requests
        thread.join()


async def test_if_the_closed_connection_cannot_be_made_again_nothing_was_sent(
    http: httpx.AsyncClient,
) -> None:
    async with serving(OK) as server:
        await send(http, server.url)
    error, trace = await send(http, server.url)

    assert isinstance(error, UNSENT)
    assert trace.proves_unsent(error)
    assert len(server.requests) == 1


@UNASKED
async def test_an_answer_too_many_is_not_taken_for_the_next_ones(
    http: httpx.AsyncClient, unasked: bytes
) -> None:
    async with serving(OK + unasked, MINE) as server:
        await send(http, server.url)
        answer, _ = await send(http, server.url)

    assert body_of(answer) == b"mine"
    assert len(server.requests) == 2


@UNASKED
async def test_nor_is_one_that_comes_while_the_connection_is_idle(
    http: httpx.AsyncClient, unasked: bytes
) -> None:
    async with serving(OK, MINE) as server, serving(OK) as other:
        await send(http, server.url)
        server.writers[0].write(unasked)
        await send(http, other.url)  # by its answer the event loop has read the other one, too
        answer, _ = await send(http, server.url)

    assert body_of(answer) == b"mine"
    assert len(server.requests) == 2


async def test_the_trace_is_told_before_the_first_byte_is_written(http: httpx.AsyncClient) -> None:
    class StopError(Exception):
        pass

    async def stop(event: str, info: dict[str, Any]) -> None:
        del info
        assert event == BEGINS
        raise StopError

    async with serving(OK) as server:
        with pytest.raises(StopError):
            await http.post(server.url, content=b"hello", extensions={"trace": stop})
        assert await server.next_closed() == b""

    assert (server.connections, server.requests) == (1, [])


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_connection_is_not_used_again_when_the_answer_came_before_the_whole_request(
    http: httpx.AsyncClient,
) -> None:
    """The rest of the body would be taken for the next request."""
    connections: list[asyncio.StreamWriter] = []

    async def answer_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    server = await asyncio.start_server(answer_early, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    answers = [await http.post(url, content=b"x" * 20_000_000) for _ in range(2)]
    for each in connections:
        each.transport.abort()
    server.close()

    assert [answer.content for answer in answers] == [b"{}", b"{}"]
    assert len(connections) == 2


async def test_concurrent_requests_are_each_written_once(http: httpx.AsyncClient) -> None:
    answers = [answer for _ in range(50) for answer in (OK, OK, None)]
    async with serving(*answers) as server:
        sent = [await send(http, f"{server.url}/{number}") for number in range(len(answers))]

    paths = [request.split(b" ")[1] for request in server.requests]
    assert sorted(paths) == sorted(f"/{number}".encode() for number in range(len(answers)))
    assert sum(isinstance(answer, httpx.Response) for answer, _ in sent) == 100
    assert not any(
        trace.proves_unsent(error) for error, trace in sent if isinstance(error, Exception)
    )
