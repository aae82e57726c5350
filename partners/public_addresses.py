"""Which IP addresses are public: global unicast that nothing special is made of."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from partners.special_networks import IPV4, IPV6, IPV6_GLOBAL_UNICAST, NAT64

_ISATAP = b"\x00\x5e\xfe"
"""The second to the fourth byte of an interface identifier that ends in an IPv4 address,
RFC 5214."""

_ISATAP_FLAGS = 0x03
"""The bits of its first byte that may be set: "universal" and "group"."""


def is_public(host: str) -> bool:
    """Whether this is the address of a public host; False for anything but an address."""
    address = parse(host)
    if address is None:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_ipv4(address)
    return _is_public_ipv6(address)


def parse(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a text is in its usual spelling; None also for one with a zone."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def _is_public_ipv4(address: IPv4Address) -> bool:
    return not any(address in network for network in IPV4)


def _is_public_ipv6(address: IPv6Address) -> bool:
    embedded = IPv4Address(address.packed[-4:])
    if address in NAT64:
        return _is_public_ipv4(embedded)
    if address not in IPV6_GLOBAL_UNICAST or any(address in network for network in IPV6):
        return False
    return not _is_isatap(address) or _is_public_ipv4(embedded)


def _is_isatap(address: IPv6Address) -> bool:
    first, rest = address.packed[8], address.packed[9:12]
    return first | _ISATAP_FLAGS == _ISATAP_FLAGS and rest == _ISATAP
