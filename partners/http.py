"""Connections to partners and stores."""

import httpx
from opentelemetry.trace import Tracer

from outbound_http import Peer, outbound_client

MAX_CONNECTIONS = 100


def partner_http(tracer: Tracer | None = None) -> httpx.AsyncClient:
    """The connections to partners; the caller closes them.

    None is kept alive: two partners behind one address would share it, and its certificate.
    """
    return outbound_client(
        Peer("partner", tracer),
        httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=0),
    )
