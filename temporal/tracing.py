"""Traces of calls to Temporal, of workflows and of activities, by Temporal's own library."""

from opentelemetry.trace import Tracer
from temporalio.client import Interceptor


def tracing_interceptors(tracer: Tracer | None) -> list[Interceptor]:
    """What clients and workers trace with; nothing without a tracer."""
    if tracer is None:
        return []
    # Only here, since it imports OpenTelemetry's library.
    from temporalio.contrib.opentelemetry import TracingInterceptor  # noqa: PLC0415

    return [TracingInterceptor(tracer)]
