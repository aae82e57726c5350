"""HTTP connections to others: no redirects, no proxies from the environment, bounded answers."""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from opentelemetry.trace import SpanKind, Tracer

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Failures before the first byte of the request: nothing was sent."""


class RequestTrace:
    """Notes when a request begins to be written; as `trace` among its extensions."""

    def __init__(self) -> None:
        """Begin before the request is sent."""
        self._began = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Take an event of httpcore's, such as `http11.send_request_headers.started`."""
        del info
        self._began |= event.endswith("send_request_headers.started")

    @property
    def began(self) -> bool:
        """Whether any of the request may have been written."""
        return self._began

    def proves_unsent(self, error: Exception) -> bool:
        """Whether nothing was sent when this was raised."""
        if isinstance(error, httpx.HTTPError | OSError):
            return isinstance(error, UNSENT)
        return not self._began


class OversizedAnswerError(Exception):
    """An answer longer than the caller reads."""


@dataclass(frozen=True)
class Peer:
    """A kind of remote system, and what traces the requests to it."""

    name: str
    tracer: Tracer | None = None


class OutboundClient(httpx.AsyncClient):
    """An HTTP client whose requests are spans. They tell no address, path, header or body."""

    def __init__(self, peer: Peer, **options: Any) -> None:
        """Make a client of httpx's with these options."""
        super().__init__(**options)
        self._peer = peer

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request as httpx does; its span ends with the head of the answer."""
        if self._peer.tracer is None:
            return await super().send(request, **options)
        attributes = {"http.request.method": request.method, "peer.service": self._peer.name}
        with self._peer.tracer.start_as_current_span(
            f"{request.method} {self._peer.name}", kind=SpanKind.CLIENT, attributes=attributes
        ) as span:
            response = await super().send(request, **options)
            span.set_attribute("http.response.status_code", response.status_code)
            return response


def outbound_client(
    peer: Peer, limits: httpx.Limits, timeout: httpx.Timeout | None = None
) -> httpx.AsyncClient:
    """An HTTP client for one kind of remote system; the caller closes it.

    Secrets must not follow a redirect, nor pass a proxy that is configured for other programs. No
    cookie is kept: two partners behind one address would get each other's.
    """
    return OutboundClient(
        peer,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
        follow_redirects=False,
        timeout=timeout or httpx.Timeout(timedelta(seconds=5).total_seconds()),
        limits=limits,
    )


async def read_body(chunks: AsyncIterable[bytes], max_bytes: int) -> bytes:
    """Read a streamed body, and stop where it is too long.

    Args:
        chunks: `aiter_raw()` or `aiter_bytes()` of a response.
        max_bytes: of the whole body.

    Raises:
        OversizedAnswerError: it has more than `max_bytes` bytes.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise OversizedAnswerError(f"answered more than {max_bytes} bytes")
    return bytes(body)
