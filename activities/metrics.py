"""Metrics of deliveries. No label names a store, a customer or an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from domain.journey.activity_results import OutcomeKind
from storage.claims import Claimed, Forbidden, Overtaken, Paced, Refusal, Stopped
from storage.messages import Message

LATENESS_BUCKETS: Final = (1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 7200, 21600, 86400)
"""In seconds, from a message that is on time to one that a day of quiet hours or pacing held."""

REQUEST_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30)
"""In seconds. A request to Meta takes 20 s at most, one to a partner as long as its store says."""

CLAIMED: Final = "claimed"
_NOT_CLAIMED: Final[dict[type, str]] = {
    Message: "sent_before",
    Stopped: "stopped",
    Overtaken: "overtaken",
    Paced: "paced",
}
CLAIM_RESULTS: Final = (CLAIMED, "unconfirmed", *_NOT_CLAIMED.values(), *Refusal)


class CheckResult(StrEnum):
    """What came of asking a partner."""

    PASSED = "passed"
    CAME_BACK = "came_back"
    FAILED = "failed"


class SentBy(StrEnum):
    """Who was asked to send."""

    WHATSAPP = "whatsapp"
    CHANNEL = "channel"


@dataclass
class Timed:
    """A request under way, and what came of it."""

    result: StrEnum


class DeliveryMetrics:
    """Times exit checks and sends, and counts claims. All labels are there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics."""
        self._checks = Histogram(
            "comeback_exit_check_duration_seconds",
            "Time of an exit check, by what came of it",
            ["result"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._sends = Histogram(
            "comeback_send_duration_seconds",
            "Time of a request to send a message, by what came of it",
            ["by", "result"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._lateness = Histogram(
            "comeback_message_lateness_seconds",
            "How long after it was due a message was requested",
            buckets=LATENESS_BUCKETS,
            registry=registry,
        )
        self._claims = Counter(
            "comeback_claims", "Claims of messages by result", ["result"], registry=registry
        )
        self._begin_with_zeros()

    def _begin_with_zeros(self) -> None:
        """So that alerts see the first of each result as a rise."""
        for check in CheckResult:
            self._checks.labels(check)
        for by in SentBy:
            for kind in OutcomeKind:
                self._sends.labels(by, kind)
        for result in CLAIM_RESULTS:
            self._claims.labels(result)

    @contextmanager
    def exit_check(self) -> Iterator[Timed]:
        """Time an exit check; the block sets its result, which is `FAILED` until then."""
        timed, began = Timed(CheckResult.FAILED), perf_counter()
        try:
            yield timed
        finally:
            self._checks.labels(timed.result).observe(perf_counter() - began)

    @contextmanager
    def send(self, by: SentBy) -> Iterator[Timed]:
        """Time a request to send; the block sets its result, which is `UNKNOWN` until then."""
        timed, began = Timed(OutcomeKind.UNKNOWN), perf_counter()
        try:
            yield timed
        finally:
            self._sends.labels(by, timed.result).observe(perf_counter() - began)

    def observe_lateness(self, lateness: timedelta) -> None:
        """Note how long after it was due a message is requested."""
        self._lateness.observe(max(lateness.total_seconds(), 0))

    def count_claim(self, found: object) -> None:
        """Count what the claiming transaction answered."""
        self._claims.labels(claim_result(found)).inc()


def claim_result(found: object) -> str:
    """The label for what the claiming transaction answered."""
    match found:
        case Claimed():
            return CLAIMED
        case Forbidden(refusal=refusal):
            return refusal.value
        case _:
            return _NOT_CLAIMED.get(type(found), "unconfirmed")
