"""A server on loopback that answers with given bytes, and a client with small limits."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from outbound_http.client import Peer, outbound_client

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"
MOMENT = 0.05
"""Seconds for what must not happen."""

ENOUGH = 5
"""Seconds for what must happen at once."""


@dataclass
class RawServer:
    """Answers the nth request with the nth of these; None closes the connection instead."""

    answers: list[bytes | None]
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    """What came on each connection that the other side closed, after the last whole request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def next_closed(self) -> bytes:
        async with asyncio.timeout(ENOUGH):
            return await self.closed.get()

    received: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with suppress(OSError):
            await self._serve(reader, writer)
        await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                self.requests.append(await read_request(reader))
            except asyncio.IncompleteReadError as error:
                self.closed.put_nowait(error.partial)
                return
            self.received.set()
            answer = self.answers.pop(0)
            if answer is None:
                return
            writer.write(answer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """A whole request, with the body that its length announces."""
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length: ")
    return head + await reader.readexactly(int(length.split(b"\r\n")[0] or 0))


@asynccontextmanager
async def serving(
    *answers: bytes | None, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawServer]:
    """Serve these answers, each once."""
    raw = RawServer(list(answers))
    async with await asyncio.start_server(raw.handle, host, 0, ssl=tls) as server:
        raw.port = server.sockets[0].getsockname()[1]
        yield raw
        for each in raw.writers:
            await _close(each)


@asynccontextmanager
async def client(
    *,
    connections: int = 10,
    idle: int = 10,
    expiry: float = 60,
    timeouts: httpx.Timeout | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client as the product has them."""
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=idle, keepalive_expiry=expiry
    )
    async with outbound_client(Peer("test"), limits, timeouts) as http:
        yield http
