"""Who calls: the address of the client, also behind proxies that are trusted to tell it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from settings import Network

IPV6_PREFIX = 64
"""One customer of a provider has at least so large a network, and may use all of its addresses."""

MAX_REMEMBERED: Final = 4096
"""Hosts: few senders post most of the requests."""

Address = IPv4Address | IPv6Address


class ForwardedClients:
    """ASGI middleware: puts the client that a trusted proxy names in place of the proxy."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        """Believe the proxies of these networks, and only these."""
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if self._trusted and scope["type"] == "http" and is_trusted(_host(scope), self._trusted):
            headers = Headers(scope=scope)
            client = forwarded_client(headers.getlist("x-forwarded-for"), self._trusted)
            if client is not None:
                scope["client"] = (str(client), 0)
            scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
            if scheme in {"http", "https"}:
                scope["scheme"] = scheme
        await self._app(scope, receive, send)


def forwarded_client(values: Iterable[str], trusted: Sequence[Network]) -> Address | None:
    """The client of `X-Forwarded-For`: the last address that is not a trusted proxy's.

    What stands before it was written by the client, who may write anything.

    Args:
        values: of the header, in the order of the request.
        trusted: proxies that append the address that they were called from.
    """
    nearest: Address | None = None
    for entry in reversed(",".join(values).split(",")):
        address = _address(entry)
        if address is None:
            break
        nearest = address
        if not _is_in(address, trusted):
            break
    return nearest


def is_trusted(host: str, trusted: Sequence[Network]) -> bool:
    """Whether a caller is a trusted proxy."""
    address = _address(host)
    return address is not None and _is_in(address, trusted)


@lru_cache(MAX_REMEMBERED)
def peer_of(host: str) -> str:
    """By what a caller's requests are counted together: its address, or its IPv6 network."""
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return host if address is None else str(address)


def peer_of_scope(scope: Scope) -> str:
    """By what this request's caller is counted."""
    return peer_of(_host(scope))


def _host(scope: Scope) -> str:
    """Empty where a socket has no address."""
    return str(scope["client"][0]) if scope.get("client") else ""


def _address(text: str) -> Address | None:
    """An address, also with a port; an IPv4 address that is written as IPv6 is one of IPv4."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
