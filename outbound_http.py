"""HTTP connections to others: no redirects, no proxies from the environment, bounded answers."""

from collections.abc import AsyncIterable
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

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

    def proves_unsent(self, error: Exception) -> bool:
        """Whether nothing was sent when this was raised."""
        if isinstance(error, httpx.HTTPError | OSError):
            return isinstance(error, UNSENT)
        return not self._began


class OversizedAnswerError(Exception):
    """An answer longer than the caller reads."""


def outbound_client(
    limits: httpx.Limits, timeout: httpx.Timeout | None = None
) -> httpx.AsyncClient:
    """An HTTP client for one kind of remote system; the caller closes it.

    Secrets must not follow a redirect, nor pass a proxy that is configured for other programs. No
    cookie is kept: two partners behind one address would get each other's.
    """
    return httpx.AsyncClient(
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
