"""The networks in which no partner's server is, as tables of our own.

Python's `ipaddress` knows a registry as old as its release: `is_global` of one address differs
between 3.11 and 3.13. So the registries are written out here.

Sources: IANA's "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address Registry"
(RFC 6890), "IPv4 Multicast Address Space", "IPv6 Multicast Address Space" and "Internet Protocol
Version 6 Address Space". The newest entry carried over is 3fff::/20, of July 2024 (RFC 9637).
Entries that are called globally reachable stand here too: what answers there is infrastructure.
"""

from ipaddress import IPv4Network, IPv6Network

IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this network", RFC 791
        "10.0.0.0/8",  # private use, RFC 1918
        "100.64.0.0/10",  # shared address space, RFC 6598; Alibaba's metadata at 100.100.100.200
        "127.0.0.0/8",  # loopback, RFC 1122
        "168.63.129.16/32",  # Azure's wire server, from Microsoft's page "What is 168.63.129.16?"
        "169.254.0.0/16",  # link-local, RFC 3927; most clouds' metadata at 169.254.169.254
        "172.16.0.0/12",  # private use, RFC 1918
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890; Oracle's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112-v4, RFC 7535
        "192.52.193.0/24",  # AMT, RFC 7450
        "192.88.99.0/24",  # deprecated 6to4 relay anycast, RFC 7526
        "192.168.0.0/16",  # private use, RFC 1918
        "192.175.48.0/24",  # direct delegation AS112 service, RFC 7534
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112; the limited broadcast among it, RFC 8190
    )
)
"""What is never called of IPv4."""

IPV6_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that IANA gives out for global unicast. So ::/96, ::ffff:0:0/96, 64:ff9b:1::/48, 100::/64,
5f00::/16, fc00::/7, fe80::/10, fec0::/10 and ff00::/8 need no entry."""

IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments, RFC 2928: Teredo, benchmarking, AMT, ORCHID, DRIP
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056: the nearest relay decides where it leads
        "2620:4f:8000::/48",  # direct delegation AS112 service, RFC 7534
        "3ffe::/16",  # the former 6bone, given back by RFC 3701
        "3fff::/20",  # documentation, RFC 9637
    )
)
"""What is never called of IPv6's global unicast."""

NAT64 = IPv6Network("64:ff9b::/96")
"""Its last four bytes are the IPv4 address that it leads to, RFC 6052. Where a host has IPv6 alone,
its resolver answers so for every name that has IPv4 alone."""
