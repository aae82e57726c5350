"""What the log of a process shows of an exception."""

import sys
from types import TracebackType
from typing import TextIO

import structlog

from domain.values.failure_places import places_of

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def keep_values_out_of_logs() -> None:
    """Have every exception logged by its type and places, once for the process.

    structlog's own way prints messages, and with rich the local variables of every frame: store
    tokens, numbers and names.
    """
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(), exception_formatter=_write_places
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            console,
        ]
    )


def _write_places(out: TextIO, exc_info: ExcInfo) -> None:
    kind, error, _ = exc_info
    out.write("\n".join([kind.__name__, *(f"  {place}" for place in places_of(error))]))
