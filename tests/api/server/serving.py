"""The API behind its own server, on a real socket of the running event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from api.server.gate import Gate
from api.server.limits import ConnectionLimits
from api.server.protocol import GuardedConfig
from sandbox.server import HOST, listen, url_of
from tests.api.caller import Caller, connecting_to, settings_for, unused_address

PATIENCE_SECONDS = 30
"""After which a test fails that waits for the server."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True)
class Served:
    """A served API: what calls it, and where raw connections go."""

    caller: Caller
    port: int


@asynccontextmanager
async def served(
    database_url: str, limits: ConnectionLimits | None = None, **changes: Any
) -> AsyncIterator[Served]:
    settings = settings_for(database_url, **changes)
    with unused_address() as unused, listen() as listener:
        app = create_app(settings, connect=connecting_to(unused))
        gate = Gate(limits or ConnectionLimits(), settings.trusted_proxies)
        config = GuardedConfig(app, gate, log_config=None, timeout_graceful_shutdown=1)
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = url_of(listener)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as it:
            assert (await it.get("/health/live")).is_success
            yield Served(Caller(it, app.state.services), int(url.rpartition(":")[2]))
            server.should_exit = True
            await serving


class Raw:
    """A connection on which a test writes bytes of its choice."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        with suppress(ConnectionError):
            await self._writer.drain()

    async def status(self) -> int:
        """Of the next answer, which is read with its body."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = head.partition("content-length: ")[2].partition("\r")[0]
            await self._reader.readexactly(int(length or 0))
        return int(head.split(" ")[1])

    async def rest(self) -> bytes:
        """What the server says until it closes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return await self._reader.read()
            except ConnectionError:
                return b""

    async def is_closed(self) -> bool:
        """Wait until the server closes; whether it said nothing more."""
        return await self.rest() == b""


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()


def head(path: str, *fields: str, method: str = "POST") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: api", *fields, "", "")).encode()
