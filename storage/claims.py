"""Claims: the message that is to be sent, and what the claiming transaction answers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.events.journey_event import JourneyEvent
from domain.journey.later_events import JourneySubject
from domain.journey.outcomes import Evidence, Reason
from domain.journey.rules import LaterEvents
from domain.messages.message import WHATSAPP
from storage.messages import MessageKey


@dataclass(frozen=True)
class ExperimentArm:
    """The experiment that a journey is in."""

    experiment_id: str
    kind: str
    """Whose plan the experiment is about."""
    variant: str | None
    is_first: bool
    """The journey has sent nothing: its customer may be told apart now."""
    hash_key: str = field(repr=False)
    """The store's, by which arms are drawn."""


@dataclass(frozen=True)
class Claim:
    """The message to be claimed."""

    key: MessageKey
    kind: str
    subject: JourneySubject
    """What the journey is about."""
    review: LaterEvents
    """The journey's own rule for later events."""
    template: str | None
    """None: not by WhatsApp."""
    address_hash: str
    """Of the number that the message goes to, in the form that was posted."""
    due_at: datetime
    phone_number_id: str
    messages_per_second: float = 80
    channel: str = WHATSAPP
    other_forms: frozenset[str] = frozenset()
    """The hashes of the number's other forms."""
    because: Reason | None = None
    """The failure that led to this fallback."""
    waits_for_template: bool = True
    """Whether the journey holds while the template is held; if not, the step has a fallback."""
    language: str = ""
    """Of the template."""
    arm: ExperimentArm | None = None
    """None: the journey is in no experiment."""
    country: str | None = None
    """Of the number: ISO 3166, such as `IN`."""
    click_token: str | None = None
    """In the message's links."""

    @property
    def forms(self) -> frozenset[str]:
        """The hashes of every form of the number."""
        return self.other_forms | {self.address_hash}

    @property
    def details(self) -> dict[str, Any]:
        """The ledger's columns."""
        return {
            "kind": self.kind,
            "template": self.template,
            "language": self.language,
            "channel": self.channel,
            "fallback_because": self.because,
            "address_hash": self.address_hash,
            "due_at": self.due_at,
            "experiment_id": self.arm and self.arm.experiment_id,
            "variant": self.arm and self.arm.variant,
            "country": self.country,
            "click_token": self.click_token,
        }


@dataclass(frozen=True)
class Claimed:
    """The right to send this message, once."""

    message_id: str


@dataclass(frozen=True)
class Stopped:
    """An operator's exit was accepted since the trigger."""

    event: JourneyEvent


@dataclass(frozen=True)
class Overtaken:
    """Events were accepted that end or move the journey."""

    events: tuple[JourneyEvent, ...]


@dataclass(frozen=True)
class Paced:
    """It would be too fast before that time."""

    until: datetime


class Refusal(StrEnum):
    """What forbids a message."""

    PAUSED = "paused"
    TEMPLATE_HELD = "template_held"
    OPTED_OUT = "opted_out"
    FREQUENCY_CAP = "frequency_cap"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Forbidden:
    """The message must not be sent."""

    refusal: Refusal
    evidence: Evidence
    """What it rests on, such as the messages that a frequency cap counts."""
