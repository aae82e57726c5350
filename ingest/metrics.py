"""Counters of what came in. No label names a store, a customer or an address."""

from datetime import timedelta
from itertools import product

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from ingest.receipts import ReceiptStatus
from ingest.update_results import UpdateCounts, UpdateResult
from storage.messages import MessageStatus
from storage.quarantine import EVENT
from whatsapp.updates import UpdateKind

log = structlog.get_logger()

INVALID = "invalid"
"""The status of a posted event that was quarantined."""

REPORTED = (
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)
"""The statuses that Meta reports."""


class DispatchMetrics:
    """How long accepted events wait for their delivery."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the histogram."""
        self._seconds = Histogram(
            "comeback_event_delivery_seconds",
            "From the acceptance of an event to its delivery",
            registry=registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
        )

    def observe_delivery(self, waited: timedelta) -> None:
        """Count a delivered event."""
        self._seconds.observe(waited.total_seconds())


class IngestMetrics:
    """Counts events and Meta's updates by result."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the counters."""
        self.timing = DispatchMetrics(registry)
        self._events = Counter(
            "comeback_events", "Posted events by result", ["status"], registry=registry
        )
        self._shared_contacts = Counter(
            "comeback_shared_contacts",
            "Orders whose number or e-mail address too many customers share",
            registry=registry,
        )
        self._updates = Counter(
            "comeback_webhook_updates",
            "Meta's updates by kind and result",
            ["kind", "result"],
            registry=registry,
        )
        self._statuses = Counter(
            "comeback_message_statuses",
            "Statuses of messages that changed the ledger",
            ["status"],
            registry=registry,
        )

        self._unkept = Counter(
            "comeback_quarantine_dropped",
            "What quarantine had no room for: a store's oldest events, Meta's further updates",
            ["source"],
            registry=registry,
        )
        self._begin_with_zeros()

    def _begin_with_zeros(self) -> None:
        """So that alerts see the first of each as a rise."""
        for event in (*ReceiptStatus, INVALID):
            self._events.labels(event)
        for kind, result in product(UpdateKind, UpdateResult):
            self._updates.labels(kind, result)
        for status in REPORTED:
            self._statuses.labels(status)
        for source in (EVENT, *UpdateKind):
            self._unkept.labels(source)

    def count_event(self, status: ReceiptStatus) -> None:
        """Count a posted event."""
        self._events.labels(status.value).inc()

    def count_invalid_event(self) -> None:
        """Count an event that was quarantined."""
        self._events.labels(INVALID).inc()

    def count_unkept(self, source: str, count: int) -> None:
        """Count what is not in quarantine for want of room."""
        if count:
            log.warning("quarantine is full", source=source, dropped=count)
            self._unkept.labels(source).inc(count)

    def count_shared_contact(self) -> None:
        """Count an order that stops only its own customer's journey."""
        self._shared_contacts.inc()

    def count_updates(self, counts: UpdateCounts) -> None:
        """Count processed updates."""
        for (kind, result), count in counts.results.items():
            self._updates.labels(kind, result).inc(count)
        for status, count in counts.changed.items():
            self._statuses.labels(status).inc(count)
