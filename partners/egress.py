"""Which URLs of stores may be called: public addresses over TLS.

A store's URL is not trusted. Its host is resolved once, and the request goes to the address that
was checked, so that the name cannot point elsewhere a moment later. A host with one address that is
not public is not called at all. A checked address stands for some seconds, a refusal does not.

Every refusal has the same words, and while a host is resolved it takes the same time: a store must
not learn which names an operator's own DNS knows, nor what they lead to.

Hosts are read in the ASCII form that DNS and TLS take. Python's own conversion follows an older
standard, by which `faß.de` is another host.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from partners.checked_addresses import CheckedAddresses
from partners.host_names import is_name, is_public_name
from partners.public_addresses import is_public, parse

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host in ASCII, for a port; raises OSError or ValueError where it has none."""

UNREACHABLE = "could not be reached"
"""Why a call failed before any of it was written. It names no cause."""

_PORTS = {"https": 443, "http": 80}
"""The schemes that are called, and their usual ports."""

_MAX_PORT = 65_535


class ForbiddenAddressError(Exception):
    """A URL that this program does not call, or whose host has no address."""

    def __init__(self) -> None:
        """Refuse without a word about the cause."""
        super().__init__(
            "is not called: a URL is https, has a public host, a port from 1 to 65535 and no"
            " credentials (ALLOW_PRIVATE_EGRESS=1 lets it be http and private, for development)"
        )


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
        ForbiddenAddressError: not a URL, not https, with credentials in it, a private address or
            name, or a host or port that no connection can be made to.
    """
    _parse(url, allow_private=allow_private)


async def system_addresses(host: str, port: int) -> list[str]:
    """Ask the system's resolver, as `Resolve` says."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


async def pin(
    url: str,
    *,
    within: timedelta,
    allow_private: bool,
    resolve: Resolve = system_addresses,
    checked: CheckedAddresses | None = None,
) -> PinnedUrl:
    """Resolve a URL's host and choose an address that may be called.

    Args:
        url: a store's.
        within: how long this may take. A refusal always takes as long, as if the resolver had not
            answered; with `allow_private` there is nothing to hide, and it comes at once.
        allow_private: let it be http or private, for development.
        resolve: finds the host's addresses.
        checked: what was chosen before with the same `allow_private`; it gets this choice.

    Raises:
        ForbiddenAddressError: there is none.
    """
    finder = _Finder(allow_private, resolve, checked or CheckedAddresses())
    now = asyncio.get_running_loop().time
    end = now() + within.total_seconds()
    try:
        async with asyncio.timeout_at(end):
            return await _pinned(_parse(url, allow_private=allow_private), finder)
    except TimeoutError:
        raise ForbiddenAddressError from TimeoutError()
    except ForbiddenAddressError:
        if not allow_private:
            await asyncio.sleep(end - now())
        raise


@dataclass(frozen=True)
class _Finder:
    """Chooses addresses that may be called."""

    allow_private: bool
    resolve: Resolve
    checked: CheckedAddresses

    async def address(self, host: str, port: int) -> str:
        address = self.checked.find(host, port)
        if address is None:
            address = self._usable(await self._resolved(host, port))
            self.checked.keep(host, port, address)
        return address

    async def _resolved(self, host: str, port: int) -> list[str]:
        try:
            return await self.resolve(host, port)
        except (OSError, ValueError) as error:  # a UnicodeError is a ValueError
            raise ForbiddenAddressError from error

    def _usable(self, found: list[str]) -> str:
        if not (self.allow_private or all(is_public(address) for address in found)):
            raise ForbiddenAddressError
        usable = [address for address in found if parse(address)]
        if not usable:
            raise ForbiddenAddressError
        return usable[0]


async def _pinned(url: httpx.URL, finder: _Finder) -> PinnedUrl:
    address = await finder.address(url.raw_host.decode(), url.port or _PORTS[url.scheme])
    return PinnedUrl(
        url=url.copy_with(host=address),
        host=url.netloc.decode(),
        extensions={"sni_hostname": _host(url)},
    )


def _parse(url: str, *, allow_private: bool) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ForbiddenAddressError from error
    if not (_can_be_called(parsed) and (allow_private or _may_be_public(parsed))):
        raise ForbiddenAddressError
    return parsed


def _can_be_called(url: httpx.URL) -> bool:
    host = _host(url)
    has_port = url.port is None or 1 <= url.port <= _MAX_PORT
    has_host = is_name(host) or parse(host) is not None
    return url.scheme in _PORTS and has_port and has_host and not url.userinfo


def _may_be_public(url: httpx.URL) -> bool:
    host = _host(url)
    return url.scheme == "https" and (is_public_name(host) if is_name(host) else is_public(host))


def _host(url: httpx.URL) -> str:
    """The host in ASCII, without the dot that may end a name: certificates have none."""
    return url.raw_host.decode().removesuffix(".")
