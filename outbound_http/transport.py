"""httpx's requests over aiohttp's connections, which take a fraction of the processor's time.

Everything that aiohttp would do by itself is off: redirects, cookies, proxies, decompression,
headers of its own, and above all a second try over another connection. A request is written at most
once, and a failure tells whether any of it may have been written.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from yarl import URL

from outbound_http.connector import OutboundConnector
from outbound_http.request_trace import BEGINS

MAX_FIELD_BYTES: Final = 16 * 1024
"""Of one header of an answer; content security policies are long."""

_CHUNK_BYTES: Final = 16 * 1024
"""Of a body read at a time: it may unfold to a thousand times as much."""

_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"expect"})
"""Headers that say where a request ends. Wrong ones of a store would shift the next request on the
connection, which may be another store's: they follow from the body alone."""


@dataclass
class _Attempt:
    """Whether any of a request may have been written."""

    trace: Any
    began: bool = False

    async def begin(self) -> None:
        self.began = True
        if self.trace is not None:
            await self.trace(BEGINS, {})


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends httpx's requests, with its extensions `timeout`, `trace` and `sni_hostname`."""

    def __init__(
        self, limits: httpx.Limits, tls: ssl.SSLContext | None, resolver: AbstractResolver | None
    ) -> None:
        """Open no connection yet; an event loop must be running.

        Args:
            limits: how many connections are in use at a time, and how many idle besides.
            tls: checks certificates; None: by the authorities that certifi lists.
            resolver: finds the addresses of names; None: the system's.
        """
        self._slots = asyncio.Semaphore(limits.max_connections or 1)
        self._session = aiohttp.ClientSession(
            connector=OutboundConnector(limits, tls or _default_tls(), resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            max_field_size=MAX_FIELD_BYTES,
            trace_configs=[_trace_config()],
            middlewares=[_send_once],
            trust_env=False,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is read from the connection afterwards.

        Raises:
            httpx.PoolTimeout: too many connections were in use.
            httpx.ConnectTimeout: no connection was made in time; nothing was written.
            httpx.ConnectError: none can be made; nothing was written.
            httpx.TransportError: anything else; some of the request may have been written.
        """
        with ExitStack() as slot:
            await self._enter(request.extensions["timeout"]["pool"])
            slot.callback(self._slots.release)
            answer = await self._send(request)
            return httpx.Response(
                answer.status,
                headers=list(answer.raw_headers),
                stream=_Body(answer, slot.pop_all()),
                extensions={"http_version": b"HTTP/1.1"},
            )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _enter(self, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self._slots.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("all connections are in use") from error

    async def _send(self, request: httpx.Request) -> aiohttp.ClientResponse:
        attempt = _Attempt(request.extensions.get("trace"))
        body = await request.aread()
        try:
            return await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=_headers(request),
                data=body or None,
                allow_redirects=False,
                timeout=_timeout(request),
                server_hostname=request.extensions.get("sni_hostname"),
                trace_request_ctx=attempt,
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _httpx_error(error, began=attempt.began) from error


class _Body(httpx.AsyncByteStream):
    """The body of an answer. A connection whose body was not read to its end is closed."""

    def __init__(self, answer: aiohttp.ClientResponse, slot: ExitStack) -> None:
        self._answer = answer
        self._slot = slot

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_chunked(_CHUNK_BYTES):
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise _httpx_error(error, began=True) from error

    async def aclose(self) -> None:
        self._answer.close()
        self._slot.close()


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request. aiohttp sends a GET again after these errors, and not after others."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientError from error


def _httpx_error(error: Exception, *, began: bool) -> httpx.TransportError:
    """What httpx calls it. Only what happens before a request began is an error of connecting."""
    cause = error.__cause__ if type(error) is aiohttp.ClientError else error
    text = type(cause).__name__
    if not began:
        is_late = isinstance(cause, TimeoutError)
        return httpx.ConnectTimeout(text) if is_late else httpx.ConnectError(text)
    if isinstance(cause, TimeoutError):
        return httpx.ReadTimeout(text)
    if isinstance(cause, OSError):
        return httpx.ReadError(text)
    is_ours = isinstance(cause, ValueError)
    return httpx.LocalProtocolError(text) if is_ours else httpx.RemoteProtocolError(text)


def _trace_config() -> aiohttp.TraceConfig:
    """Tells an `_Attempt` that its request begins, before aiohttp writes any of it."""

    async def begin(_session: aiohttp.ClientSession, context: Any, _headers: Any) -> None:
        await context.trace_request_ctx.begin()

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(begin)
    return config


def _headers(request: httpx.Request) -> list[tuple[str, str]]:
    return [
        (name.decode(), value.decode())
        for name, value in request.headers.raw
        if name.lower() not in _FRAMING
    ]


def _timeout(request: httpx.Request) -> aiohttp.ClientTimeout:
    """Connecting includes TLS and all addresses of a name; writing has no timeout of its own."""
    timeout = request.extensions["timeout"]
    return aiohttp.ClientTimeout(
        connect=timeout["connect"], sock_connect=timeout["connect"], sock_read=timeout["read"]
    )


def _default_tls() -> ssl.SSLContext:
    tls = httpx.create_ssl_context(trust_env=False)
    tls.set_alpn_protocols(["http/1.1"])
    return tls
