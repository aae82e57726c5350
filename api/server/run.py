"""Serving the API until a signal ends it."""

import gc
import socket
import sys
from datetime import timedelta
from typing import Final

import uvicorn

from api.app import create_app
from api.server.gate import Gate
from api.server.limits import limits_of_this_process
from api.server.protocol import GuardedConfig
from operations.metrics_server import metrics_served
from settings import Settings

GRACE_SECONDS: Final = 5
"""How long requests may go on after a signal: the stack kills what runs 8 s after it."""

ACCEPTED_AT_ONCE: Final = 8
"""Connections, before the event loop turns to requests again: asyncio would accept the whole queue,
and a wave of a thousand connections would keep every answer waiting for a second."""

SWITCH_INTERVAL: Final = timedelta(milliseconds=0.5)
"""A thread that waited for the disk, or for Temporal, goes on so soon; Python's own is 5 ms."""

GC_THRESHOLDS: Final = (10_000, 20, 20)
"""Of new objects, and of collections of the younger ones: requests leave hardly any circles."""

QUEUED: Final = 2048
"""Connections that the kernel keeps until they are accepted."""


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start with a short queue, which is how many asyncio accepts at once; then lengthen it."""
        await super().startup(sockets)
        for listening in (each for server in self.servers for each in server.sockets):
            with listening.dup() as same:
                same.listen(QUEUED)
        # Else a full collection would look at the whole application, and stop it for 0.15 s.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)


def serve(settings: Settings, host: str, port: int, *, shared: bool = False) -> None:
    """Serve on this address; returns after SIGTERM or SIGINT.

    Args:
        settings: of this process.
        host: of the address.
        port: of the address.
        shared: other processes serve the same address, too; the kernel spreads connections.
    """
    sys.setswitchinterval(SWITCH_INTERVAL.total_seconds())
    gate = Gate(limits_of_this_process(), settings.trusted_proxies)
    app = create_app(settings)
    config = GuardedConfig(
        app,
        gate,
        host=host,
        port=port,
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=GRACE_SECONDS,
        loop="uvloop",
    )
    registry, metrics_port = app.state.registry, settings.api_metrics_port
    with metrics_served(host, metrics_port, registry, "API_METRICS_PORT"):
        _Server(config).run([_shared_socket(host, port)] if shared else None)


def _shared_socket(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listening = socket.socket(family)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        listening.setsockopt(socket.SOL_SOCKET, option, 1)
    listening.bind((host, port))
    return listening
