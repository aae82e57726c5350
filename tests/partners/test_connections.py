"""Connections to partners: to the checked address, for the name in the certificate, kept alive."""

import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from clock import utc_now
from domain.messages.channels import Channel
from domain.messages.send_outcome import NotSent
from domain.stores.config import ExitApi
from partners.channels import ChannelClient
from partners.exit_api import ExitApiClient, ExitApiUnavailableError
from partners.http import partner_http
from sandbox.channel import SECRET
from tests.outbound_http.raw_server import serving
from tests.partners.certificates import Authority
from tests.partners.test_channels import REQUESTED

ANSWER = b'{"recent_events": []}'
OK = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def http(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """Trusts the test's authority, where a look-up of any name is an error."""

    def refuse(host: str, *_how: object, **_flags: object) -> None:
        raise AssertionError(f"{host} is looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    async with partner_http(tls=authority.trusting()) as client:
        yield client


@dataclass
class Names:
    """The addresses of every name, and what was asked for."""

    addresses: list[str] = field(default_factory=lambda: ["127.0.0.1"])
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(f"{host}:{port}")
        return self.addresses

    def client(self, http: httpx.AsyncClient) -> ExitApiClient:
        return ExitApiClient(http, allow_private=True, resolve=self.resolve)


async def ask(client: ExitApiClient, url: str, within: str = "5s") -> None:
    api = ExitApi.model_validate({"url": url, "timeout": within})
    assert await client.recent_events(api, "c-1", has_answered=False) == []


def with_names_seen(tls: ssl.SSLContext) -> list[str | None]:
    """The names that clients ask for in TLS, from now on."""
    seen: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: seen.append(name)
    return seen


async def test_the_checked_address_is_called_and_proves_the_name(
    authority: Authority, http: httpx.AsyncClient
) -> None:
    tls, names = authority.server("xn--fa-hia.example"), Names()
    seen = with_names_seen(tls)
    async with serving(OK, tls=tls) as server:
        await ask(names.client(http), f"https://faß.example.:{server.port}/events")

    assert seen == ["xn--fa-hia.example"]
    assert names.asked == [f"xn--fa-hia.example.:{server.port}"]
    assert f"\r\nhost: xn--fa-hia.example.:{server.port}\r\n".encode() in server.requests[0].lower()
    assert server.requests[0].lower().count(b"\r\nhost:") == 1


async def test_an_address_in_a_url_proves_itself(
    authority: Authority, http: httpx.AsyncClient
) -> None:
    async with serving(OK, tls=authority.server("127.0.0.1")) as server:
        await ask(Names().client(http), f"https://127.0.0.1:{server.port}/events")
    assert len(server.requests) == 1


@pytest.mark.parametrize("certified", ["other.example", "127.0.0.1"])
async def test_a_certificate_for_another_name_is_refused_before_anything_is_written(
    authority: Authority, http: httpx.AsyncClient, certified: str
) -> None:
    async with serving(OK, tls=authority.server(certified)) as server:
        url = f"https://partner.example:{server.port}/events"
        with pytest.raises(ExitApiUnavailableError, match="could not be reached"):
            await ask(Names().client(http), url)
        channels = ChannelClient(http, utc_now, allow_private=True, resolve=Names().resolve)
        channel = Channel.model_validate({"url": url, "secret": SECRET, "timeout": "5s"})
        assert await channels.post(channel, REQUESTED) == NotSent("could not be reached")

    assert server.requests == []


async def test_an_authority_that_is_not_trusted_is_refused(authority: Authority) -> None:
    async with partner_http() as http, serving(OK, tls=authority.server("p.example")) as server:
        with pytest.raises(ExitApiUnavailableError, match="could not be reached"):
            await ask(Names().client(http), f"https://p.example:{server.port}/events")


async def test_a_connection_is_kept_for_the_next_check_of_the_partner(
    authority: Authority, http: httpx.AsyncClient
) -> None:
    names = Names()
    client = names.client(http)
    async with serving(*[OK] * 3, tls=authority.server("partner.example")) as server:
        for customer in range(3):
            await ask(client, f"https://partner.example:{server.port}/{customer}")

    assert (len(server.requests), server.connections) == (3, 1)
    assert len(names.asked) == 1


async def test_partners_behind_one_address_share_no_connection(
    authority: Authority, http: httpx.AsyncClient
) -> None:
    tls = authority.server("a.example", "b.example")
    seen, client = with_names_seen(tls), Names().client(http)
    async with serving(*[OK] * 4, tls=tls) as server:
        for name in ("a", "b", "a", "b"):
            await ask(client, f"https://{name}.example:{server.port}/events")

    assert seen == ["a.example", "b.example"]
    assert server.connections == 2


async def test_nor_does_a_partner_get_by_on_anothers_certificate(
    authority: Authority, http: httpx.AsyncClient
) -> None:
    client = Names().client(http)
    async with serving(OK, OK, tls=authority.server("a.example")) as server:
        await ask(client, f"https://a.example:{server.port}/events")
        with pytest.raises(ExitApiUnavailableError, match="could not be reached"):
            await ask(client, f"https://b.example:{server.port}/events")
    assert len(server.requests) == 1


async def test_a_partner_that_moved_is_not_asked_over_an_old_connection(
    http: httpx.AsyncClient,
) -> None:
    """As after the time for which an address stands: the second client knows none yet."""
    moved = Names(addresses=["127.0.0.2"])
    async with serving(OK, OK, host="0.0.0.0") as server:
        url = f"http://partner.example:{server.port}/events"
        await ask(Names().client(http), url)
        await ask(moved.client(http), url)
        called = [writer.get_extra_info("sockname")[0] for writer in server.writers]

    assert called == ["127.0.0.1", "127.0.0.2"]


async def test_plain_http_and_tls_share_no_connection(http: httpx.AsyncClient) -> None:
    client = Names().client(http)
    async with serving(OK, OK) as server:
        await ask(client, f"http://partner.example:{server.port}/events")
        with pytest.raises(ExitApiUnavailableError, match="could not be reached"):
            await ask(client, f"https://partner.example:{server.port}/events", "200ms")
    assert len(server.requests) == 1


@pytest.mark.parametrize("host", ["localhost", "partner.example", "127.1", "2130706433"])
async def test_a_url_without_a_checked_address_is_refused(
    http: httpx.AsyncClient, host: str
) -> None:
    async with serving(OK) as server:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://{host}:{server.port}/events")
    assert server.connections == 0
