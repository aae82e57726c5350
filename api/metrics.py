"""What Prometheus is told. Nothing in it names a store, a customer or an address."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send


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

    database_up: bool
    backlog: int = 0
    quarantined: int = 0
    webhooks_waiting: timedelta = timedelta(0)
    messages: Mapping[str, int] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """As gauges."""
        yield GaugeMetricFamily(
            "comeback_database_up", "Whether the database answers", value=self.database_up
        )
        if not self.database_up:
            return
        yield GaugeMetricFamily(
            "comeback_inbox_backlog", "Accepted events still to be delivered", value=self.backlog
        )
        yield GaugeMetricFamily(
            "comeback_quarantine_size", "Invalid events kept", value=self.quarantined
        )
        yield GaugeMetricFamily(
            "comeback_webhook_oldest_seconds",
            "Age of the oldest notification of Meta's that waits to be processed",
            value=self.webhooks_waiting.total_seconds(),
        )
        messages = GaugeMetricFamily("comeback_messages", "Messages by status", labels=["status"])
        for status, count in self.messages.items():
            messages.add_metric([status], count)
        yield messages


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
