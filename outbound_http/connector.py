"""aiohttp's connections, kept alive no longer and no more of them than is safe."""

import asyncio
import select
import ssl
from functools import partial
from socket import AddressFamily

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace


class AddressesOnly(AbstractResolver):
    """Resolves no name: every URL has the address that was checked."""

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        """Refuse.

        Raises:
            OSError: always.
        """
        del host, port, family
        raise OSError

    async def close(self) -> None:
        """Close nothing."""


class OutboundConnector(aiohttp.TCPConnector):
    """Keeps connections alive by address, port and the name in their certificate.

    A connection that the other side has closed, or wrote to unasked, is not used again. aiohttp
    notices that later, when the event loop has come round to it.
    """

    def __init__(
        self, limits: httpx.Limits, tls: ssl.SSLContext, resolver: AbstractResolver | None
    ) -> None:
        """Keep as many idle connections, for as long, as the limits say."""
        super().__init__(
            limit=0, ssl=tls, resolver=resolver, keepalive_timeout=limits.keepalive_expiry
        )
        self._max_idle = limits.max_keepalive_connections or 0
        self._open = set[ResponseHandler]()
        self._in_use = 0

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's own
    ) -> Connection:
        """Give an idle connection that is still good, or a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            if self._take(connection):
                return connection
            connection.close()

    def _take(self, connection: Connection) -> bool:
        protocol = connection.protocol
        if protocol is None or (protocol in self._open and _is_spoilt(protocol)):
            return False
        if protocol not in self._open and protocol.closed is not None:
            self._open.add(protocol)
            protocol.closed.add_done_callback(partial(self._forget, protocol))
        self._in_use += 1
        connection.add_callback(partial(self._give_back, protocol))
        return True

    def _forget(self, protocol: ResponseHandler, closed: asyncio.Future[None]) -> None:
        self._open.discard(protocol)
        if not closed.cancelled():
            closed.exception()  # or asyncio logs that it was never retrieved

    def _give_back(self, protocol: ResponseHandler) -> None:
        """Before it becomes idle: it is closed where enough others are."""
        self._in_use -= 1
        if len(self._open) - self._in_use > self._max_idle:
            protocol.force_close()


def _is_spoilt(protocol: ResponseHandler) -> bool:
    """Whether an idle connection has something to read: its end, or an answer to nothing."""
    if protocol.transport is None or protocol.should_close:
        return True
    poll = select.poll()
    poll.register(protocol.transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))
