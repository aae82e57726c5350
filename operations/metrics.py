"""Metrics of background work."""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Gauge

Work = Callable[[], Awaitable[object]]


class BackgroundMetrics:
    """When each kind of background work was last done."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metric."""
        self._done = Gauge(
            "comeback_background_last_success_timestamp_seconds",
            "When a worker's background work was last done, in seconds since 1970",
            ["work"],
            registry=registry,
        )

    def watched(self, name: str, work: Work) -> Work:
        """The work, which notes when it was done. Until then its start counts."""
        done = self._done.labels(name)
        done.set_to_current_time()

        async def watched_work() -> None:
            await work()
            done.set_to_current_time()

        watched_work.__qualname__ = name
        return watched_work
