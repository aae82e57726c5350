"""A client of httpx's for one kind of remote system."""

import ssl
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from opentelemetry.trace import SpanKind, Tracer

from outbound_http.connector import AddressesOnly
from outbound_http.transport import AiohttpTransport


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
    peer: Peer,
    limits: httpx.Limits,
    timeout: httpx.Timeout | None = None,
    *,
    addresses_only: bool = False,
    tls: ssl.SSLContext | None = None,
) -> httpx.AsyncClient:
    """An HTTP client for one kind of remote system; the caller closes it.

    Secrets must not follow a redirect, nor pass a proxy that is configured for other programs. No
    cookie is kept: two partners behind one address would get each other's.

    Args:
        peer: what is called.
        limits: of connections in use, and of idle ones besides.
        timeout: of the phases of a request.
        addresses_only: refuse URLs whose host is a name.
        tls: checks certificates; None: by the authorities that certifi lists.
    """
    resolver = AddressesOnly() if addresses_only else None
    return OutboundClient(
        peer,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
        follow_redirects=False,
        timeout=timeout or httpx.Timeout(timedelta(seconds=5).total_seconds()),
        transport=AiohttpTransport(limits, tls, resolver),
    )
