"""A worker's `GET /metrics`: it has no other HTTP."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, start_http_server

log = structlog.get_logger()


@contextmanager
def metrics_served(host: str, port: int | None, registry: CollectorRegistry) -> Iterator[None]:
    """Serve a registry while the block runs, in threads of its own; nothing without a port.

    A port that is taken ends the process with the name of its variable.
    """
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        sys.exit(f"environment variable WORKER_METRICS_PORT: {host}:{port}: {error.strerror}")
    log.info("metrics are served", host=host, port=port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
