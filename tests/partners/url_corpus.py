"""The corpora of URLs, a resolver that answers as they say, and listeners on loopback."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import httpx

from partners.http import partner_http

FOLDER = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "127.0.0.2", "127.1.2.3", "::1")
_ESCAPE = re.compile(r"\\(?:[tnr0]|u[0-9a-f]{4})")


@dataclass(frozen=True)
class CorpusUrl:
    """A line of a corpus."""

    url: str
    addresses: tuple[str, ...] | None
    """What its host resolves to; None: as `host_addresses`."""

    async def resolve(self, host: str, port: int) -> list[str]:
        """As `partners.egress.Resolve`, without asking anyone."""
        del port
        addresses = host_addresses(host) if self.addresses is None else self.addresses
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return list(addresses)


def corpus(name: str) -> list[CorpusUrl]:
    """The URLs of a file."""
    lines = (FOLDER / name).read_text().split("\n")
    return [_read(line) for line in lines if line and not line.startswith("# ") and line != "#"]


def _read(line: str) -> CorpusUrl:
    written, arrow, resolved = line.partition(" -> ")
    url = _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape"), written)
    addresses = tuple(each for each in resolved.split(", ") if each)
    return CorpusUrl(url, addresses if arrow else None)


def host_addresses(host: str) -> tuple[str, ...]:
    """An address resolves to itself, in every spelling of C's `inet_aton`; a name to this host."""
    with suppress(ValueError):
        return (str(ip_address(host)),)
    with suppress(OSError):
        return (socket.inet_ntoa(socket.inet_aton(host)),)
    return ("127.0.0.1",)


def addresses_of(url: str) -> tuple[str, ...]:
    """What the host of a URL resolves to."""
    return host_addresses(httpx.URL(url).host)


@dataclass
class Listeners:
    """Counts connections to several addresses of loopback, and answers none of them."""

    ports: dict[str, int] = field(default_factory=dict)
    connections: int = 0

    async def listen(self, address: str, stack: AsyncExitStack) -> None:
        with suppress(OSError):  # where this host has no such address
            server = await asyncio.start_server(self._count, address, 0)
            self.ports[address] = server.sockets[0].getsockname()[1]
            stack.callback(server.close)

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        self.connections += 1
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@dataclass
class EveryAddressListens(httpx.AsyncBaseTransport):
    """Connects to a listener, whatever is asked for, and without the cost of TLS."""

    listeners: Listeners
    real: httpx.AsyncClient

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        ports = self.listeners.ports
        address = request.url.host if request.url.host in ports else LOOPBACK[0]
        request.url = request.url.copy_with(scheme="http", host=address, port=ports[address])
        return await self.real.send(request, stream=True)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Listeners, httpx.AsyncClient]]:
    """Listeners, and a client of which every connection ends at one of them."""
    async with AsyncExitStack() as stack:
        listeners = Listeners()
        for address in LOOPBACK:
            await listeners.listen(address, stack)
        real = await stack.enter_async_context(partner_http())
        transport = EveryAddressListens(listeners, real)
        yield listeners, await stack.enter_async_context(httpx.AsyncClient(transport=transport))
