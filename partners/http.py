"""Connections to partners and stores."""

import httpx

from outbound_http import outbound_client

MAX_CONNECTIONS = 100


def partner_http() -> httpx.AsyncClient:
    """The connections to partners; the caller closes them.

    None is kept alive: two partners behind one address would share it, and its certificate.
    """
    return outbound_client(
        httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=0)
    )
