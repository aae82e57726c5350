"""How many connections one process of the API serves, and how long it waits for each."""

import resource
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

RESERVED_FILES: Final = 256
"""For the database, Temporal, logs and connections that are just being refused."""

WANTED_FILES: Final = 16_384


@dataclass(frozen=True)
class ConnectionLimits:
    """Limits of connections. A trusted proxy has no limit of its own."""

    total: int = 4096
    of_a_peer: int = 1024
    """Partners post over hundreds, from few addresses."""
    head: timedelta = timedelta(seconds=10)
    """From the connection, or from the first byte of a further request, to the end of its head."""
    idle: timedelta = timedelta(seconds=20)
    """After an answer, until the next request begins."""
    request: timedelta = timedelta(seconds=60)
    """From the end of the head until the answer was taken: the application needs a part of it."""
    linger: timedelta = timedelta(seconds=5)
    """After an answer that ends the connection, while the request is still being sent."""
    head_bytes: int = 16 * 1024
    dropped_bytes: int = 1024 * 1024
    """Of a body that is answered before its end. They are read, so that the answer arrives."""


def limits_of_this_process() -> ConnectionLimits:
    """The limits, with as many connections as the process may have files open.

    The soft limit of open files is raised first, as far as the hard one allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = max(soft, min(hard, WANTED_FILES)) if hard >= 0 else max(soft, WANTED_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return ConnectionLimits(total=max(1, min(ConnectionLimits.total, allowed - RESERVED_FILES)))
