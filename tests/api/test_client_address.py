"""Who calls, also behind proxies."""

from ipaddress import ip_network

import httpx
import pytest

from api.client_address import forwarded_client, peer_of
from tests.api.caller import ADMIN, bearer, connecting_to, running_api, settings_for
from tests.domain.stores.contract_example import contract_example

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (["203.0.113.7"], "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        (["6.6.6.6", "203.0.113.7,10.0.0.2"], "203.0.113.7"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (["unknown, 10.0.0.2"], "10.0.0.2"),
        (["203.0.113.7:4711, [fd00::1]:80"], "203.0.113.7"),
        (["::ffff:203.0.113.7"], "203.0.113.7"),
        (["6.6.6.6, nonsense"], None),
        ([], None),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    forwarded: list[str], client: str | None
) -> None:
    found = forwarded_client(forwarded, PROXIES)
    assert client == (None if found is None else str(found))


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_addresses_of_one_ipv6_network_are_one_peer(host: str, peer: str) -> None:
    assert peer_of(host) == peer


@pytest.mark.parametrize(
    ("trusted", "scheme"), [("127.0.0.0/8", "https"), ("10.0.0.0/8", "http"), ("", "http")]
)
async def test_events_url_has_the_scheme_that_a_trusted_proxy_names(
    own_database_url: str, address: str, trusted: str, scheme: str
) -> None:
    settings = settings_for(own_database_url, **({"trusted_proxies": trusted} if trusted else {}))
    async with running_api(settings, connecting_to(address)) as caller:
        answer = await caller.http.put(
            "/v1/stores/s",
            json=contract_example(),
            headers=bearer(ADMIN)
            | {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"},
        )
    assert httpx.URL(answer.json()["events_url"]).scheme == scheme
