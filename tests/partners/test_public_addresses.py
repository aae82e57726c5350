"""Every address of every special network is refused in all its spellings; others pass."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl

from partners.egress import ForbiddenAddressError, check_url
from partners.public_addresses import is_public
from tests.partners.url_corpus import addresses_of

NOT_GLOBALLY_REACHABLE = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
192.0.0.0/29 192.0.0.8/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15
198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
::/128 ::1/128 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:2::/48
2001:10::/28 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10
"""
"""Of IANA's registries, what is globally reachable by "False" or "N/A"."""

OTHERS = """
192.0.0.9/32 192.0.0.10/32 192.0.0.192/32 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24
192.175.48.0/24 224.0.0.0/4 168.63.129.16/32 100.100.100.200/32 169.254.169.254/32
::/96 ::ffff:0:0:0/96 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48
2001:20::/28 2001:30::/28 2620:4f:8000::/48 3ffe::/16 fec0::/10 ff00::/8 fd00:ec2::254/128
4000::/2 8000::/1
"""
"""What is refused besides."""

SPECIAL = [
    IPv6Network(each) if ":" in each else IPv4Network(each)
    for each in f"{NOT_GLOBALLY_REACHABLE} {OTHERS}".split()
]
SPECIAL_V4 = [each for each in SPECIAL if isinstance(each, IPv4Network)]
SPECIAL_V6 = [each for each in SPECIAL if isinstance(each, IPv6Network)]
GIVEN_OUT = [IPv6Network(each) for each in ("2400::/12", "2600::/12", "2800::/12", "2a00::/12")]


@st.composite
def special_ipv4(draw: st.DrawFn) -> IPv4Address:
    network = draw(st.sampled_from(SPECIAL_V4))
    return network[draw(st.integers(0, network.num_addresses - 1))]


@st.composite
def special_ipv6(draw: st.DrawFn) -> IPv6Address:
    network = draw(st.sampled_from(SPECIAL_V6))
    return network[draw(st.integers(0, network.num_addresses - 1))]


@st.composite
def global_ipv6(draw: st.DrawFn) -> IPv6Address:
    network = draw(st.sampled_from(GIVEN_OUT))
    return network[draw(st.integers(0, network.num_addresses - 1))]


def number(value: int, base: str) -> str:
    return {"decimal": f"{value}", "octal": f"0{value:o}", "hex": f"0x{value:X}"}[base]


@st.composite
def spelled_ipv4(draw: st.DrawFn, address: IPv4Address) -> str:
    """As the C library reads it: one to four parts, each to any base."""
    packed, parts = address.packed, draw(st.integers(1, 4))
    values = [*packed[: parts - 1], int.from_bytes(packed[parts - 1 :])]
    bases = st.sampled_from(["decimal", "octal", "hex"])
    dot = draw(st.sampled_from([".", ".", "\u3002", "\uff0e", "%2e"]))
    wide = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
    text = dot.join(number(value, draw(bases)) for value in values) + draw(
        st.sampled_from(["", "."])
    )
    return text.translate(wide) if draw(st.booleans()) else text


@st.composite
def spelled_ipv6(draw: st.DrawFn, address: IPv6Address) -> str:
    last = ".".join(str(each) for each in address.packed[-4:])
    dotted = f"{address.exploded.rpartition(':')[0].rpartition(':')[0]}:{last}"
    written = draw(st.sampled_from([str(address), address.exploded, dotted]))
    return f"[{written.upper() if draw(st.booleans()) else written}]"


def embedding(address: IPv4Address, prefix: IPv6Address) -> list[IPv6Address]:
    """Every form in which an IPv6 address holds an IPv4 address."""
    low, first = int(address), int(prefix) >> 64 << 64
    values = [
        low,
        int(IPv6Address("::ffff:0:0")) | low,
        int(IPv6Address("::ffff:0:0:0")) | low,
        int(IPv6Address("64:ff9b::")) | low,
        int(IPv6Address("64:ff9b:1::")) | low,
        int(IPv6Address("2002::")) | low << 80,
        int(IPv6Address("2001::")) | low << 64,
        int(IPv6Address("2001::")) | low ^ 0xFFFFFFFF,
        *(first | flags << 56 | 0x5EFE << 32 | low for flags in (0, 1, 2, 3)),
    ]
    return [IPv6Address(value) for value in values]


def is_refused(host: str) -> bool:
    """Whether a URL with this host is called neither as written nor as `PUT` reads it."""
    written = [f"https://{host}/"]
    with suppress(ValueError):
        written.append(str(HttpUrl(written[0])))
    return not any(leads_out(url) for url in written)


def leads_out(url: str) -> bool:
    try:
        check_url(url, allow_private=False)
    except ForbiddenAddressError:
        return False
    return all(is_public(each) for each in addresses_of(url))


@given(st.data())
def test_no_spelling_of_a_special_ipv4_address_is_called(data: st.DataObject) -> None:
    address = data.draw(special_ipv4())
    assert not is_public(str(address))
    assert is_refused(data.draw(spelled_ipv4(address)))


@given(special_ipv4(), global_ipv6())
def test_no_ipv6_address_that_holds_a_special_ipv4_address_is_called(
    address: IPv4Address, prefix: IPv6Address
) -> None:
    for each in embedding(address, prefix):
        assert not is_public(str(each)), each


@given(st.data())
def test_no_spelling_of_a_special_ipv6_address_is_called(data: st.DataObject) -> None:
    address = data.draw(special_ipv6())
    assert not is_public(str(address))
    assert is_refused(data.draw(spelled_ipv6(address)))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_every_other_ipv4_address_is_called(address: IPv4Address) -> None:
    special = any(address in network for network in SPECIAL_V4)
    assert is_public(str(address)) is not special
    assert leads_out(f"https://{address}/") is not special


@given(global_ipv6())
def test_global_unicast_addresses_are_called(address: IPv6Address) -> None:
    special = any(address in network for network in SPECIAL_V6)
    isatap = address.packed[9:12] == b"\x00\x5e\xfe"
    if not (special or isatap):
        assert leads_out(f"https://[{address}]/")


@pytest.mark.parametrize("network", SPECIAL, ids=str)
def test_the_ends_of_every_special_network_are_refused(network: IPv4Network | IPv6Network) -> None:
    assert not is_public(str(network[0]))
    assert not is_public(str(network[-1]))
