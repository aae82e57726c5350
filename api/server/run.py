"""Serving the API until a signal ends it."""

import uvicorn

from api.app import create_app
from api.server.gate import Gate
from api.server.limits import limits_of_this_process
from api.server.protocol import GuardedConfig
from settings import Settings

GRACE_SECONDS = 5
"""How long requests may go on after a signal: the stack kills what runs 8 s after it."""


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve on this address; returns after SIGTERM or SIGINT."""
    gate = Gate(limits_of_this_process(), settings.trusted_proxies)
    config = GuardedConfig(
        create_app(settings), gate, host=host, port=port, timeout_graceful_shutdown=GRACE_SECONDS
    )
    uvicorn.Server(config).run()
