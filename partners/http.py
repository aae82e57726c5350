"""Connections to partners and stores."""

import ssl
from datetime import timedelta

import httpx
from opentelemetry.trace import Tracer

from outbound_http.client import Peer, outbound_client

MAX_CONNECTIONS = 100
"""In use at a time, and as many idle."""

KEEPALIVE_EXPIRY = timedelta(seconds=1.5)
"""Less than the 2 s after which gunicorn closes an idle connection, the shortest of common servers:
a message that crosses the closing is `unknown`."""


def partner_http(
    tracer: Tracer | None = None, tls: ssl.SSLContext | None = None
) -> httpx.AsyncClient:
    """The connections to partners; the caller closes them.

    They go to addresses alone, which `partners.egress` has checked. One is kept alive for the
    address, port and name that it was made for: partners behind one address do not share it.

    Args:
        tracer: traces the requests.
        tls: checks certificates; None: by the authorities that certifi lists.
    """
    limits = httpx.Limits(
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=MAX_CONNECTIONS,
        keepalive_expiry=KEEPALIVE_EXPIRY.total_seconds(),
    )
    return outbound_client(Peer("partner", tracer), limits, addresses_only=True, tls=tls)
