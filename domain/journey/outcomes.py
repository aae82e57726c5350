"""How journeys end and why: the words that operators, metrics and search attributes use."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.events.journey_event import JourneyEvent


class Stage(StrEnum):
    """Where a journey is."""

    BUFFERING = "buffering"
    WAITING = "waiting"
    HELD = "held"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a journey ended."""

    MESSAGED = "messaged"
    EXITED = "exited"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a journey ended, or a message of it was not sent."""

    PLAN_DONE = "plan_done"
    CONSECUTIVE_EVENT = "consecutive_event"
    ORDER_PLACED = "order_placed"
    CART_EMPTIED = "cart_emptied"
    SUPERSEDED = "superseded"
    OPTED_OUT = "opted_out"
    OPERATOR = "operator"
    NO_PLAN = "no_plan"
    ALREADY_HANDLED = "already_handled"
    NO_ADDRESS = "no_address"
    NO_CONSENT = "no_consent"
    MISSING_MERGE_FIELD = "missing_merge_field"
    EXIT_API_UNAVAILABLE = "exit_api_unavailable"
    QUIET_HOURS = "quiet_hours"
    FREQUENCY_CAP = "frequency_cap"
    EXPIRED = "expired"
    STORE_PAUSED = "store_paused"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    TEMPLATE_REJECTED = "template_rejected"
    TEMPLATE_HELD = "template_held"
    MARKETING_LIMIT = "marketing_limit"
    SEND_FAILED = "send_failed"
    WITHHELD = "withheld"


WITHOUT_A_PLAN: Final = (Reason.NO_PLAN, Reason.ALREADY_HANDLED)
"""Reasons of skipped journeys that followed no plan: an older event may still have its journey."""

FOUND_BY: Final = "found_by"
"""Evidence of where a later event was found that had not reached the journey."""

EXIT_CHECK: Final = "exit_check"
"""It was found by asking the partner."""

Evidence = Mapping[str, str]
"""What a decision rests on, such as which event and when. Never personal data."""


class Decision(BaseModel):
    """One thing that a journey decided, so that it can be explained afterwards."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    decision: str
    because: str
    evidence: Evidence = {}


class Ending(BaseModel):
    """The end of a journey, and the events that the next one begins with."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    reason: Reason
    evidence: Evidence = {}
    next_events: tuple[JourneyEvent, ...] = ()


class Held(BaseModel):
    """What a held journey waits for."""

    model_config = ConfigDict(frozen=True)

    reason: Reason
    because: str
    """As operators read it, such as Meta's code and words."""
    template: str | None = None
    """The template that is held; None: the store is paused."""
    since: AwareDatetime


class ClosedJourney(BaseModel):
    """A journey's end and the way there, as it is kept."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    store_id: str
    customer_id: str
    trigger: JourneyEvent | None = None
    left_at: AwareDatetime | None = None
    outcome: Outcome
    reason: Reason
    evidence: Evidence
    decisions: list[Decision]
    closed_at: AwareDatetime

    @property
    def exit_found_order_at(self) -> datetime | None:
        """When the order was placed that ended it, if only the partner's Exit API named it."""
        named = self.evidence.get("timestamp")
        is_order = (self.outcome, self.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
        if not is_order or named is None or self.evidence.get(FOUND_BY) != EXIT_CHECK:
            return None
        return datetime.fromisoformat(named)


class JourneyRecord(BaseModel):
    """A closed journey, and the events that no other journey may begin with."""

    model_config = ConfigDict(frozen=True)

    journey: ClosedJourney
    taken: list[str]
    """The ids of the events that it took in."""
    up_to: AwareDatetime | None = None
    """What was accepted and is not newer counts as taken in, unless it ended in its buffer."""
    next: list[str]
    """The ids of the events that the next journey begins with, or may begin with."""


def evidence_of(event: JourneyEvent) -> dict[str, str]:
    """An event as evidence."""
    return {"event_id": event.event_id, "event_name": event.kind, "timestamp": event.at.isoformat()}
