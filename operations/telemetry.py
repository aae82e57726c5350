"""The metrics and traces of one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from operations.tracing import NO_TRACES, Tracing
from temporal.observation import Observation, open_observation


@dataclass(frozen=True)
class Telemetry:
    """Where a process counts, and where its spans go; by default neither is seen outside."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    tracing: Tracing = NO_TRACES

    @asynccontextmanager
    async def observation(self) -> AsyncIterator[Observation]:
        """Observe calls to Temporal while the block runs; then export the last spans."""
        try:
            async with open_observation(self.registry, self.tracing.tracer) as observation:
                yield observation
        finally:
            await asyncio.to_thread(self.tracing.close)
