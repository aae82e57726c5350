"""A process's own `GET /metrics`: of a worker, or of one of several processes of the API."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, start_http_server

log = structlog.get_logger()


@contextmanager
def metrics_served(
    host: str, port: int | None, registry: CollectorRegistry, variable: str
) -> Iterator[None]:
    """Serve a registry while the block runs, in threads of its own; nothing without a port.

    A port that is taken ends the process with the name of its environment variable.
    """
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        sys.exit(f"environment variable {variable}: {host}:{port}: {error.strerror}")
    log.info("metrics are served", host=host, port=port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
