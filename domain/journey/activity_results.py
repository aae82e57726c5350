"""The results of a journey's activities, free of personal data."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.events.journey_event import JourneyEvent
from domain.journey.outcomes import Evidence, Outcome, Reason


class ExitCheckResult(BaseModel):
    """What the partner's Exit API knows of a customer since `left_at`."""

    model_config = ConfigDict(frozen=True)

    events: list[JourneyEvent] = []
    """Newer than `left_at`; the API gives no ids."""
    seen: int = 0
    """How many events the partner answered with, older ones included."""
    asked_at: AwareDatetime | None = None
    held: bool = False
    """The store is paused: the partner was not asked, the journey waits for its release."""


@dataclass(frozen=True)
class ExitCheckFailed:
    """The exit check failed after its retries."""

    by_partner: bool
    """Otherwise it failed for a reason of our own, such as an unavailable database."""
    because: str


class MessageFailed(BaseModel):
    """Meta accepted a message, and reported later that it could not be delivered."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    trigger_event_id: str
    step: int
    fallback: int = 0
    """Which of the step's messages: 0 its own."""
    reason: Reason
    at: AwareDatetime


EARLIER_OUTCOME = "earlier_outcome"
"""Evidence that nothing was sent now: the message, or another of its step, was sent before."""


class SendStatus(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"
    """Meta took it."""
    UNKNOWN = "unknown"
    """Meta may have taken it: never sent again, settled by the status webhook."""
    SKIPPED = "skipped"
    """Not sent; the next step follows."""
    DEFERRED = "deferred"
    """Provably not sent; to be tried again at `until`, after a new exit check."""
    HELD = "held"
    """Provably not sent; waits until the store is resumed."""
    ENDED = "ended"
    """Not sent, and nothing more is to be sent in this journey."""


class SendResult(BaseModel):
    """What became of one message, and why."""

    model_config = ConfigDict(frozen=True)

    status: SendStatus
    reason: Reason | None = None
    outcome: Outcome = Outcome.SKIPPED
    """With `ENDED`: how the journey ends."""
    until: AwareDatetime | None = None
    evidence: Evidence = {}
