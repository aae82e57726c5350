"""Prometheus metrics of the API. No label names a store, a customer or an address."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access_log import log_request
from storage.gauges import GaugeValues


@dataclass(eq=False)  # a registry knows its collectors by identity
class DatabaseGauges(Collector):
    """What the database counts at the moment of a scrape; empty while it is unavailable."""

    counts: GaugeValues | None = None
    oldest_webhook: timedelta = timedelta(0)
    oldest_event: timedelta = timedelta(0)

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        yield _gauge("database_up", "Whether the database answers", self.counts is not None)
        if self.counts is None:
            return
        yield _gauge(
            "webhook_oldest_seconds",
            "Age of the oldest notification of Meta's that waits to be processed",
            self.oldest_webhook.total_seconds(),
        )
        yield _gauge(
            "inbox_oldest_seconds",
            "Age of the oldest accepted event still to be delivered",
            self.oldest_event.total_seconds(),
        )
        yield from _gauges_of(self.counts)


def _gauges_of(counts: GaugeValues) -> Iterator[Metric]:
    yield _gauge("inbox_backlog", "Accepted events still to be delivered", counts.backlog)
    yield _gauge("quarantine_size", "Quarantined bodies and updates", counts.quarantined)
    yield _gauge("templates_held", "Templates that Meta paused", counts.held_templates)
    yield _labelled("stores_paused", "Paused stores, by who paused", "by", counts.paused_stores)
    yield _labelled(
        "journeys_held",
        "Journeys whose message is due and waits, by what they wait for",
        "waiting_for",
        counts.held_journeys,
    )
    yield _labelled(
        "messages",
        "Messages of which it is unknown whether Meta has them",
        "status",
        counts.unsettled_messages,
    )


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"comeback_{name}", documentation, value=value)


def _labelled(name: str, documentation: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"comeback_{name}", documentation, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


@dataclass(eq=False)
class TemporalGauges(Collector):
    """Whether Temporal answers and a worker polls, at the moment of a scrape."""

    temporal: bool
    worker: bool

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        yield _gauge("temporal_up", "Whether Temporal answers", self.temporal)
        yield _gauge("worker_polls", "Whether a worker takes new journeys", self.worker)


def exposition(registry: CollectorRegistry, *gauges: Collector) -> bytes:
    """The registry's metrics and the gauges, in Prometheus's text format."""
    scraped = CollectorRegistry()
    for each in gauges:
        scraped.register(each)
    return generate_latest(registry) + generate_latest(scraped)


ACCEPTED_EVENT: Final = ("POST", "/v1/stores/{store_id}/events", "202")
"""Not logged: it is a row of the inbox, and writing a line costs a tenth of accepting it."""


class TimedRequests:
    """ASGI middleware: measures every request by its route, and logs all but accepted events."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        """Measure what this application answers."""
        self._app = app
        self._requests = Histogram(
            "comeback_http_request_duration_seconds",
            "Time to answer, by route",
            ["method", "route", "status"],
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and observe how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), "none"

        async def record_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, record_status)
        finally:
            labels = (method_of(scope), route_of(scope), status)
            seconds = time.perf_counter() - started
            self._requests.labels(*labels).observe(seconds)
            if labels != ACCEPTED_EVENT:
                log_request(*labels, seconds)


def route_of(scope: Scope) -> str:
    """The route's template, never the path, which may hold a customer's id."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def method_of(scope: Scope) -> str:
    """The method; `other` if HTTP does not know it."""
    known = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
    return scope["method"] if scope["method"] in known else "other"
