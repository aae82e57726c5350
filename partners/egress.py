"""Which URLs of stores may be called: public addresses over TLS.

A store's URL is not trusted. Its host is resolved once, and the request goes to the address that
was checked, so that the name cannot point elsewhere a moment later.

Hosts are read in the ASCII form that DNS and TLS take. Python's own conversion follows an older
standard, by which `faß.de` is another host.
"""

import asyncio
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpx

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")
_MAX_NAME = 253
"""Characters of a DNS name, without the dot that may end it."""

_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = IPv6Network("::/96")


class ForbiddenAddressError(Exception):
    """A URL that this program does not call, or whose host has no address."""


REFUSED_URL_ERRORS = (ForbiddenAddressError, httpx.InvalidURL)
"""What `check_url` raises."""


@dataclass(frozen=True)
class PinnedUrl:
    """A URL whose host is a checked address."""

    url: httpx.URL
    host: str
    """For the Host header."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    """For TLS, which checks the certificate against the name."""


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse, without resolving anything, a URL that can never be called.

    Raises:
        ForbiddenAddressError: not https, with credentials in it, a private address, or a host or
            port that no connection can be made to.
        httpx.InvalidURL: not a URL.
    """
    parsed = httpx.URL(url)
    if parsed.userinfo:
        raise ForbiddenAddressError("must not carry credentials; use headers")
    if parsed.scheme not in _PORTS:
        raise ForbiddenAddressError("must be http or https")
    if parsed.port == 0:
        raise ForbiddenAddressError("has port 0, which nothing listens on")
    if not _can_be_connected_to(_host(parsed)):
        raise ForbiddenAddressError("has a host that is neither a DNS name nor an IP address")
    if not allow_private:
        _check_public(parsed)


_PORTS = {"https": 443, "http": 80}
"""The schemes that are called, and their usual ports."""


def _host(url: httpx.URL) -> str:
    """The host in ASCII, without the dot that may end a name: certificates have none."""
    return url.raw_host.decode().removesuffix(".")


def _can_be_connected_to(host: str) -> bool:
    """Whether it has the form of a DNS name, or of an address without a zone."""
    if ":" in host:
        return _is_address(host)
    labels = host.split(".")
    return len(host) <= _MAX_NAME and all(_LABEL.fullmatch(label) for label in labels)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _check_public(parsed: httpx.URL) -> None:
    if parsed.scheme != "https":
        raise ForbiddenAddressError("must be https (ALLOW_PRIVATE_EGRESS=1 lifts this)")
    host = _host(parsed)
    if host == "localhost" or _is_private(host):
        raise ForbiddenAddressError("is a private address (ALLOW_PRIVATE_EGRESS=1 lifts this)")


async def pin(url: str, *, allow_private: bool) -> PinnedUrl:
    """Resolve a URL's host and choose an address that may be called.

    Raises:
        ForbiddenAddressError: there is none.
        httpx.InvalidURL: not a URL.
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
        extensions={"sni_hostname": _host(parsed)},
    )


async def _resolve(url: httpx.URL) -> list[str]:
    """The host's addresses, without those that are valid on one interface alone."""
    host, port = url.raw_host.decode(), url.port or _PORTS[url.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:  # a UnicodeError is a ValueError
        raise ForbiddenAddressError("its host has no address") from error
    return [address for each in found if _is_address(address := str(each[4][0]))]


def _is_private(host: str) -> bool:
    """Anything but a global unicast address; a name is not an address and passes."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return any(not _is_public(each) for each in (address, *_embedded(address)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    special = address.is_multicast or address.is_reserved
    return address.is_global and not special and not getattr(address, "is_site_local", False)


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address may be translated to."""
    if isinstance(address, IPv4Address):
        return []
    teredo = address.teredo or ()
    found = [address.ipv4_mapped, address.sixtofour, *teredo, _last_four_bytes(address)]
    return [each for each in found if each is not None]


def _last_four_bytes(address: IPv6Address) -> IPv4Address | None:
    translated = address in _NAT64 or address in _IPV4_COMPATIBLE
    return IPv4Address(address.packed[-4:]) if translated else None
