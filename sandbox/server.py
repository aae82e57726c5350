"""Applications served on loopback, in the event loop that is already there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

HOST = "127.0.0.1"

GRACE_SECONDS = 1
"""How long a request may go on after the server was told to stop; then it is cancelled."""


class _Embedded(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program that this runs in."""
        yield


def listen(port: int = 0) -> socket.socket:
    """A listening socket on loopback, on a free port unless one is given.

    Callers can connect from here on, also before the server runs.
    """
    # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is spelled out
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setblocking(False)
    listening.bind((HOST, port))
    listening.listen()
    return listening


def url_of(listening: socket.socket) -> str:
    """The address of a listening socket."""
    return f"http://{HOST}:{listening.getsockname()[1]}"


def config_of(app: FastAPI) -> uvicorn.Config:
    """How a stand-in is served: logging is the program's matter, and the end comes soon."""
    return uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
    )


@asynccontextmanager
async def serve(app: FastAPI, port: int = 0) -> AsyncIterator[str]:
    """Serve an application while the block runs, and give its base URL."""
    listening = listen(port)
    server = _Embedded(config_of(app))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield url_of(listening)
    finally:
        server.should_exit = True
        await running
        listening.close()
