"""What Prometheus is told. Nothing in it names a store, a customer or an address."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storage.figures import Counts


class Metrics:
    """The metrics of one application; a registry of its own, so that two do not collide."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self.events = Counter(
            "comeback_events",
            "Posted events by what became of them",
            ["status"],
            registry=self.registry,
        )
        self.updates = Counter(
            "comeback_webhook_updates",
            "Meta's updates by kind and by what became of them",
            ["kind", "fate"],
            registry=self.registry,
        )
        self.statuses = Counter(
            "comeback_message_statuses",
            "What Meta told of messages that was news, by status",
            ["status"],
            registry=self.registry,
        )
        self.requests = Histogram(
            "comeback_http_request_duration_seconds",
            "Time to answer, by route",
            ["method", "route", "status"],
            registry=self.registry,
        )


@dataclass(eq=False)  # a registry knows its collectors by identity
class Figures(Collector):
    """What the database counts at the moment of a scrape; empty while it is away."""

    counts: Counts | None = None
    webhooks_waiting: timedelta = timedelta(0)

    def collect(self) -> Iterator[Metric]:
        """As gauges."""
        yield _gauge("database_up", "Whether the database answers", self.counts is not None)
        if self.counts is None:
            return
        yield _gauge(
            "webhook_oldest_seconds",
            "Age of the oldest notification of Meta's that waits to be processed",
            self.webhooks_waiting.total_seconds(),
        )
        yield from _of_counts(self.counts)


def _of_counts(counts: Counts) -> Iterator[Metric]:
    yield _gauge("inbox_backlog", "Accepted events still to be delivered", counts.backlog)
    yield _gauge("quarantine_size", "Bodies and updates to be looked at", counts.quarantined)
    yield _gauge("templates_held", "Templates that Meta paused", counts.held_templates)
    yield _gauges("stores_paused", "Paused stores, by who paused", "by", counts.paused_stores)
    yield _gauges(
        "journeys_held",
        "Journeys whose message is due and waits, by what for",
        "waiting_for",
        counts.held_journeys,
    )
    yield _gauges(
        "messages",
        "Messages of which it is not known, or not yet, whether Meta has them",
        "status",
        counts.unsettled_messages,
    )


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"comeback_{name}", documentation, value=value)


def _gauges(name: str, documentation: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"comeback_{name}", documentation, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def exposition(metrics: Metrics, figures: Figures) -> bytes:
    """Both in Prometheus's text format."""
    counted = CollectorRegistry()
    counted.register(figures)
    return generate_latest(metrics.registry) + generate_latest(counted)


class TimedRequests:
    """ASGI middleware that measures every request by the route that took it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Measure what this application answers."""
        self._app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and note how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), "none"

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            labels = (_method(scope), _route(scope), status)
            self._requests.labels(*labels).observe(time.perf_counter() - started)


def _route(scope: Scope) -> str:
    """The template, never the path: that may hold a customer's id."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _method(scope: Scope) -> str:
    known = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
    return scope["method"] if scope["method"] in known else "other"
