"""Serving the API until a signal ends it."""

import gc
import socket
from typing import Final

import uvicorn

from api.app import create_app
from api.server.gate import Gate
from api.server.limits import limits_of_this_process
from api.server.protocol import GuardedConfig
from settings import Settings

GRACE_SECONDS: Final = 5
"""How long requests may go on after a signal: the stack kills what runs 8 s after it."""

ACCEPTED_AT_ONCE: Final = 8
"""Connections, before the event loop turns to requests again: asyncio would accept the whole queue,
and a wave of a thousand connections would keep every answer waiting for a second."""

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


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve on this address; returns after SIGTERM or SIGINT."""
    gate = Gate(limits_of_this_process(), settings.trusted_proxies)
    config = GuardedConfig(
        create_app(settings),
        gate,
        host=host,
        port=port,
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=GRACE_SECONDS,
        loop="uvloop",
    )
    _Server(config).run()
