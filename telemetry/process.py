"""The metrics and traces of one process."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from telemetry.tracing import NO_TRACES, Tracing


@dataclass(frozen=True)
class Telemetry:
    """Where a process counts, and where its spans go; by default neither is seen outside."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    tracing: Tracing = NO_TRACES
