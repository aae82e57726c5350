"""Applications served on loopback in the running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

HOST = "127.0.0.1"

GRACE_SECONDS = 1
"""How long a request may go on during shutdown; then it is cancelled."""


class _EmbeddedServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the surrounding program."""
        yield


def listen(port: int = 0) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one.

    Clients can connect from here on, also before the server runs.
    """
    # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is spelled out
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setblocking(False)
    listener.bind((HOST, port))
    listener.listen()
    return listener


def url_of(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


def config_of(app: FastAPI) -> uvicorn.Config:
    """How a stand-in is served: it leaves logging alone and shuts down fast."""
    return uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
    )


@asynccontextmanager
async def serve(app: FastAPI, port: int = 0) -> AsyncIterator[str]:
    """Serve an application while the block runs, and give its base URL."""
    listener = listen(port)
    server = _EmbeddedServer(config_of(app))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        await serving
        listener.close()
