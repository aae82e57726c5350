"""Which names can be a public host's, as far as a name tells."""

import re

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
"""RFC 1123, and the underscore that DNS allows and some partners use."""

_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
"""As a last label it makes the whole an IPv4 address, by the URL standard of WHATWG."""

_MAX_NAME = 253
"""Characters of a DNS name, without the dot that may end it."""

_LOCAL_DOMAINS = (
    "localhost",  # RFC 6761
    "invalid",  # RFC 6761
    "test",  # RFC 6761
    "local",  # multicast DNS, RFC 6762
    "home.arpa",  # RFC 8375
    "onion",  # RFC 7686
    "alt",  # RFC 9476
    "internal",  # kept for private use by ICANN's resolution 2024.07.29.06
    "localdomain",  # from here on: usual in private networks, and never delegated
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
)
"""Names that no public DNS answers: IANA's "Special-Use Domain Names", and what is usual."""


def is_name(host: str) -> bool:
    """Whether it has the form of a DNS name, and not of a number."""
    labels = host.split(".")
    fits = len(host) <= _MAX_NAME and all(_LABEL.fullmatch(label) for label in labels)
    return fits and not _NUMBER.fullmatch(labels[-1])


def is_public_name(host: str) -> bool:
    """Whether a public DNS may know the name: of one label there are none."""
    within = f".{host.lower()}"
    return "." in host and not within.endswith(tuple(f".{domain}" for domain in _LOCAL_DOMAINS))
