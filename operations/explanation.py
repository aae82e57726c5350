"""A journey as it is explained: while it is open, and when it has closed."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.events.journey_event import JourneyEvent
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import ClosedJourney, Decision, Held, Outcome, Reason, Stage
from domain.journey.state import JourneyState
from domain.messages.message import WHATSAPP
from temporal.gateway import OpenJourney


class SentMessage(BaseModel):
    """A message of a journey."""

    model_config = ConfigDict(from_attributes=True)

    step: int
    template: str | None
    status: str
    provider_id: str | None
    due_at: AwareDatetime
    sent_at: AwareDatetime | None
    fallback: Annotated[int, Field(exclude_if=lambda number: number == 0)]
    """Which fallback of the step; left out for the step's own message."""
    fallback_because: Annotated[Reason | None, Field(exclude_if=lambda reason: reason is None)]
    """The failure that led to the fallback."""
    channel: Annotated[str, Field(exclude_if=lambda channel: channel == WHATSAPP)]
    because: Annotated[str | None, Field(exclude_if=lambda because: because is None)] = None
    """Why it was not sent, failed or is unknown, in Meta's words, which journeys do not have."""
    error_code: Annotated[int | None, Field(exclude_if=lambda code: code is None)] = None


class Explanation(BaseModel):
    """A journey of a customer."""

    journey_id: str
    kind: str | None = None
    stage: Stage
    held: Annotated[Held | None, Field(exclude_if=lambda held: held is None)] = None
    """What a held journey waits for; left out for any other."""
    outcome: Outcome | None = None
    reason: Reason | None = None
    trigger: JourneyEvent | None = None
    next_message_at: AwareDatetime | None = None
    closed_at: Annotated[AwareDatetime | None, Field(exclude_if=lambda at: at is None)] = None
    """Only in a customer's history, of journeys that have closed."""
    decisions: list[Decision] = []
    messages: list[SentMessage] = []

    def with_messages(self, rows: Iterable[Mapping[str, Any]]) -> "Explanation":
        """The explanation with these messages of the ledger, and Meta's words from there."""
        ledger = {str(row["message_id"]): row for row in rows}
        return self.model_copy(
            update={
                "messages": [SentMessage.model_validate(row) for row in ledger.values()],
                "decisions": [_with_words(decision, ledger) for decision in self.decisions],
            }
        )

    def with_hold(self, held: Held | None) -> "Explanation":
        """The explanation with the hold as the database has it: its reason has Meta's words."""
        return self if held is None else self.model_copy(update={"held": held})

    def while_held(self, held: Held | None) -> "Explanation":
        """The explanation of a journey that has this hold in the database.

        A hold that began before the message was due is over: the customer was active meanwhile, or
        the message was deferred.
        """
        if self.stage is Stage.HELD or self._was_due(held):
            return self.model_copy(
                update={"stage": Stage.HELD, "held": held, "next_message_at": None}
            )
        return self

    def _was_due(self, held: Held | None) -> bool:
        if held is None or self.next_message_at is None or self.stage is not Stage.WAITING:
            return False
        return self.next_message_at <= held.since


def _with_words(decision: Decision, ledger: Mapping[str, Mapping[str, Any]]) -> Decision:
    """A decision on an error of Meta's, with what Meta said if the ledger still has it."""
    row = ledger.get(decision.evidence.get("message_id", ""))
    code = decision.evidence.get("meta_code")
    if row is None or row["because"] is None or code != str(row["error_code"]):
        return decision
    evidence = {**decision.evidence, "meta_says": row["because"]}
    return decision.model_copy(update={"evidence": evidence})


def from_state(customer: CustomerRef, state: JourneyState, kind: str | None) -> Explanation:
    """An open journey that answered for itself; `kind` until it has a trigger."""
    ending = state.ending
    return Explanation(
        journey_id=customer.journey_id,
        kind=state.trigger.kind if state.trigger else kind,
        stage=state.stage,
        held=state.held if state.stage is Stage.HELD else None,
        outcome=ending and ending.outcome,
        reason=ending and ending.reason,
        trigger=state.trigger,
        next_message_at=None if state.held else state.next_due(),
        decisions=state.decisions,
    )


def from_attributes(
    customer: CustomerRef, journey: OpenJourney, event: JourneyEvent | None
) -> Explanation:
    """An open journey that is start-delayed, or has no worker to answer a query.

    Args:
        customer: whose journey it is.
        journey: as Temporal describes it.
        event: the customer's latest, while the journey buffers.
    """
    return Explanation(
        journey_id=customer.journey_id,
        kind=event.kind if event else journey.kind,
        stage=journey.stage,
        trigger=event,
        next_message_at=journey.next_message_at,
    )


def about_to_start(customer: CustomerRef, event: JourneyEvent) -> Explanation:
    """The journey that an undelivered event will start."""
    return Explanation(
        journey_id=customer.journey_id, kind=event.kind, stage=Stage.BUFFERING, trigger=event
    )


def from_closed(customer: CustomerRef, closed: ClosedJourney) -> Explanation:
    """A journey that has closed."""
    return Explanation(
        journey_id=customer.journey_id,
        kind=closed.trigger and closed.trigger.kind,
        stage=Stage.CLOSED,
        outcome=closed.outcome,
        reason=closed.reason,
        trigger=closed.trigger,
        decisions=closed.decisions,
    )
