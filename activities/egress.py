"""Where stores may make us connect to: public addresses over TLS, checked where we connect.

A store's URL is somebody else's word. The host is resolved once and the request goes to the
very address that was checked, so that a name cannot point elsewhere a moment later.
"""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import httpx


class ForbiddenAddressError(Exception):
    """A URL that this program does not call, or whose host has no address."""


@dataclass(frozen=True)
class PinnedUrl:
    """A URL whose host is an address that was checked."""

    url: httpx.URL
    host: str
    """For the Host header."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    """For TLS, which checks the certificate against the name."""


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse, without resolving anything, a URL that can never be called.

    Raises:
        ForbiddenAddressError: not https, with credentials in it, or a private address.
    """
    parsed = httpx.URL(url)
    if parsed.userinfo:
        raise ForbiddenAddressError("must not carry credentials; use headers")
    if allow_private:
        return
    if parsed.scheme != "https":
        raise ForbiddenAddressError("must be https (ALLOW_PRIVATE_EGRESS=1 lifts this)")
    if parsed.host == "localhost" or _is_private(parsed.host):
        raise ForbiddenAddressError("is a private address (ALLOW_PRIVATE_EGRESS=1 lifts this)")


async def pin(url: str, *, allow_private: bool) -> PinnedUrl:
    """Resolve a URL's host and choose an address that may be called.

    Raises:
        ForbiddenAddressError: there is none.
    """
    check_url(url, allow_private=allow_private)
    parsed = httpx.URL(url)
    addresses = await _resolve(parsed)
    allowed = [address for address in addresses if allow_private or not _is_private(address)]
    if not allowed:
        raise ForbiddenAddressError("resolves to private addresses only")
    return PinnedUrl(
        url=parsed.copy_with(host=allowed[0]),
        host=parsed.netloc.decode(),
        extensions={"sni_hostname": parsed.host},
    )


async def _resolve(url: httpx.URL) -> list[str]:
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, port, type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise ForbiddenAddressError("its host has no address") from error
    return [str(address[4][0]) for address in found]


def _is_private(host: str) -> bool:
    """Anything but a global address; a name is not an address and passes."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return False
