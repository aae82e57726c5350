"""What observes this process's calls to Temporal: the SDK's metrics, and traces."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry
from temporalio.client import Interceptor
from temporalio.runtime import Runtime

from temporal.sdk_metrics import SdkMetrics
from temporal.tracing import tracing_interceptors

DRAIN_INTERVAL: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Observation:
    """How a client is observed; by default it is not."""

    runtime: Runtime | None = None
    """Counts what the SDK does; None: the SDK's own, which counts nothing."""
    interceptors: Sequence[Interceptor] = ()
    """Workers take them over from their client."""


@asynccontextmanager
async def open_observation(
    registry: CollectorRegistry, tracer: Tracer | None
) -> AsyncIterator[Observation]:
    """Count in this registry, and trace where there is a tracer, while the block runs."""
    sdk = SdkMetrics()
    registry.register(sdk)
    draining = asyncio.create_task(_drain(sdk))
    try:
        yield Observation(sdk.runtime, tracing_interceptors(tracer))
    finally:
        draining.cancel()
        with suppress(asyncio.CancelledError):
            await draining


async def _drain(sdk: SdkMetrics) -> None:
    while True:
        sdk.drain()
        await asyncio.sleep(DRAIN_INTERVAL.total_seconds())
