"""The results of a journey's activities, free of personal data."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.events.journey_event import JourneyEvent
from domain.journey.outcomes import Evidence, Outcome, Reason
from domain.journey.plan import JourneyPlan
from domain.journey.policy import JourneyPolicy
from domain.messages.send_outcome import ErrorCategory


class LoadedPlan(BaseModel):
    """A store's plan for a trigger, and what its database knows of the buffer."""

    model_config = ConfigDict(frozen=True)

    plan: JourneyPlan
    policy: JourneyPolicy
    handled: tuple[str, ...] = ()
    """The buffered events that an earlier journey took in: an event may be delivered twice."""
    messaged_up_to: AwareDatetime | None = None
    """When the customer had left, of the last journey that followed its plan, with or without a
    message: what is not newer comes too late."""
    accepted: tuple[JourneyEvent, ...] = ()
    """Later events that were accepted, and have not reached the journey."""

    def comes_too_late(self, event: JourneyEvent) -> bool:
        """Whether a later event had its journey: no message is about what was before that."""
        return self.messaged_up_to is not None and event.at <= self.messaged_up_to


class ExitCheckResult(BaseModel):
    """What the partner's Exit API knows of a customer since `left_at`."""

    model_config = ConfigDict(frozen=True)

    events: list[JourneyEvent] = []
    """Newer than `left_at`; the API gives no ids."""
    seen: int = 0
    """How many events the partner answered with, older ones included."""
    asked_at: AwareDatetime
    failure: str | None = None
    """Why no readable answer came, after all retries; without personal data."""


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
    OVERTAKEN = "overtaken"
    """Not sent: events were accepted that end or move the journey."""
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
    template: str | None = None
    """With `HELD`: the template that is held, if not the store."""
    events: tuple[JourneyEvent, ...] = ()
    """With `OVERTAKEN`: what was accepted."""


class OutcomeKind(StrEnum):
    """The kinds of outcome of a request to a messaging provider or channel."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class UnrecordedOutcome(BaseModel):
    """What a provider answered while the database was away: to be recorded when it is back.

    It has neither the provider's id nor its words, in which the number can be read; the status
    webhook brings the id.
    """

    model_config = ConfigDict(frozen=True)

    message_id: str
    kind: OutcomeKind
    category: ErrorCategory | None = None
    """Of a refusal."""
    code: int | None = None
    at: AwareDatetime
    waits_for_template: bool = True


class DeliverResult(BaseModel):
    """What became of a step's message, from the exit check to the provider's answer."""

    model_config = ConfigDict(frozen=True)

    check: ExitCheckResult | None = None
    """None: the partner was not asked."""
    send: SendResult | None = None
    """None: the exit check spoke against it."""
    unrecorded: UnrecordedOutcome | None = None
