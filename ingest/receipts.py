"""Receipts: the answer to a posted event."""

from dataclasses import dataclass
from enum import StrEnum


class ReceiptStatus(StrEnum):
    """What became of a posted event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Receipt:
    """The answer to a partner."""

    event_id: str
    status: ReceiptStatus
    reason: str | None
    journey_id: str | None
    """Of the journey that has the event, or will have it. An order's may be another customer's."""
