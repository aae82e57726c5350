"""What the world answers a journey: the results of its activities, free of personal data."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.events import JourneyEvent
from domain.outcomes import Evidence, Outcome, Reason


class ExitCheckAnswer(BaseModel):
    """What the partner's Exit API knows of a customer since `left_at`."""

    model_config = ConfigDict(frozen=True)

    events: list[JourneyEvent] = []
    """Newer than `left_at`; without ids of the partner's, since the API gives none."""
    seen: int = 0
    """How many events the partner answered with, older ones included."""
    asked_at: AwareDatetime | None = None
    held: bool = False
    """The store is paused: nobody was asked, the journey waits for its release."""


class MessageFailed(BaseModel):
    """Meta took a message, and told later that it could not be delivered."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    trigger_event_id: str
    step: int
    fallback: int = 0
    """Which of the step's messages: 0 its own."""
    reason: Reason
    at: AwareDatetime


EARLIER_OUTCOME = "earlier_outcome"
"""Evidence that nothing was sent now: the message, or another of its step, was before."""


class SendStatus(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"
    """Meta took it."""
    UNKNOWN = "unknown"
    """Meta may have taken it: never sent again, settled by the status webhook."""
    SKIPPED = "skipped"
    """Not sent, and the next step has its turn."""
    DEFERRED = "deferred"
    """Provably not sent; to be tried again at `until`, with a fresh exit check."""
    HELD = "held"
    """Provably not sent; waits until the store is resumed."""
    ENDED = "ended"
    """Not sent, and nothing more is to be sent in this journey."""


class SendAnswer(BaseModel):
    """What became of one message, and why."""

    model_config = ConfigDict(frozen=True)

    status: SendStatus
    reason: Reason | None = None
    outcome: Outcome = Outcome.SKIPPED
    """With `ENDED`: how the journey ends."""
    until: AwareDatetime | None = None
    evidence: Evidence = {}
