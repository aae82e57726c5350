"""OpenTelemetry's traces: off unless its own variables name a collector.

OpenTelemetry's library reads its own variables (`OTEL_EXPORTER_OTLP_…`, `OTEL_TRACES_SAMPLER…`,
`OTEL_RESOURCE_ATTRIBUTES`). It is only imported when traces are on.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.trace import SpanKind, Tracer

__all__ = ["NO_TRACES", "SpanKind", "Tracer", "Tracing", "start_tracing"]


@dataclass(frozen=True)
class Tracing:
    """Where spans go."""

    tracer: Tracer | None = None
    """None: nowhere."""
    close: Callable[[], None] = lambda: None
    """Exports what is left, for a few seconds at most, and ends. Blocks."""


NO_TRACES = Tracing()


def start_tracing(service: str, *, on: bool) -> Tracing:
    """Begin to export spans, in a thread of the library's own.

    Args:
        service: the name of this process, unless `OTEL_SERVICE_NAME` says another.
        on: whether to trace at all.
    """
    if not on:
        return NO_TRACES
    try:
        from operations.trace_export import make_provider  # noqa: PLC0415  # imports the library
    except ImportError:
        sys.exit(
            "environment variable OTEL_EXPORTER_OTLP_ENDPOINT: traces need "
            "`pip install 'comeback-journeys[tracing]'`"
        )
    provider = make_provider(service)
    return Tracing(provider.get_tracer("comeback"), provider.shutdown)
