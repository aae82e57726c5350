"""A journey explained: what Temporal sees while it is open, what the database keeps after that."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.services import Services
from domain.events import JourneyEvent
from domain.fallbacks import WHATSAPP
from domain.outcomes import ClosedJourney, Decision, Outcome, Reason, Stage
from storage import inbox, journeys, messages
from storage.inbox import Arrival
from workflows.gateway import Customer, OpenJourney
from workflows.patience import TemporalAwayError


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
    """Which fallback of the step; a step's own message does not say so."""
    fallback_because: Annotated[Reason | None, Field(exclude_if=lambda reason: reason is None)]
    """The failure that led there."""
    channel: Annotated[str, Field(exclude_if=lambda channel: channel == WHATSAPP)]


class Explanation(BaseModel):
    """The current or last journey of a customer."""

    journey_id: str
    kind: str | None = None
    stage: Stage
    outcome: Outcome | None = None
    reason: Reason | None = None
    trigger: JourneyEvent | None = None
    next_message_at: AwareDatetime | None = None
    decisions: list[Decision] = []
    messages: list[SentMessage] = []


async def explain(services: Services, customer: Customer) -> Explanation | None:
    """Explain a customer's journey; None when there never was one.

    Raises:
        TemporalAwayError: only Temporal could tell, and it does not answer.
    """
    try:
        seen = await services.journeys.look(customer)
    except TemporalAwayError:
        return await _kept(services, customer, blind=True)
    if seen is None:
        return await _kept(services, customer)
    if seen.state is None:
        return await _from_outside(services, customer, seen)
    state = seen.state
    explanation = Explanation(
        journey_id=customer.journey_id,
        kind=state.trigger.kind if state.trigger else seen.kind,
        stage=state.stage,
        outcome=state.ending and state.ending.outcome,
        reason=state.ending and state.ending.reason,
        trigger=state.trigger,
        next_message_at=state.next_due(),
        decisions=state.decisions,
    )
    return await _with_messages(services, customer, explanation)


async def _from_outside(services: Services, customer: Customer, seen: OpenJourney) -> Explanation:
    """A journey that sleeps, or has no worker to speak for it."""
    buffering = seen.stage is Stage.BUFFERING
    event = await _last_event(services, customer) if buffering else None
    return Explanation(
        journey_id=customer.journey_id,
        kind=event.kind if event else seen.kind,
        stage=seen.stage,
        trigger=event,
        next_message_at=seen.next_message_at,
    )


async def _last_event(services: Services, customer: Customer) -> JourneyEvent | None:
    async with services.database.reading() as connection:
        row = await inbox.latest(connection, customer.store_id, customer.customer_id)
    return None if row is None else row.event


async def _kept(
    services: Services, customer: Customer, *, blind: bool = False
) -> Explanation | None:
    """What the database knows, which is not where an open journey is."""
    whose = (customer.store_id, customer.customer_id)
    async with services.database.reading() as connection:
        arrival = await inbox.last_starting(connection, *whose)
        closed = await journeys.latest(connection, *whose)
    if arrival is not None and arrival.dispatched_at is None:
        return _about_to_start(customer, arrival)
    if blind and (closed is None or _since(arrival, closed.closed_at)):
        raise TemporalAwayError("an open journey cannot be seen")
    return None if closed is None else await _closed(services, customer, closed)


def _since(arrival: Arrival | None, at: datetime) -> bool:
    """Whether an event reached a journey after the last one had closed."""
    return arrival is not None and arrival.dispatched_at is not None and arrival.dispatched_at > at


def _about_to_start(customer: Customer, arrival: Arrival) -> Explanation:
    return Explanation(
        journey_id=customer.journey_id,
        kind=arrival.event.kind,
        stage=Stage.BUFFERING,
        trigger=arrival.event,
    )


async def _closed(services: Services, customer: Customer, closed: ClosedJourney) -> Explanation:
    explanation = Explanation(
        journey_id=customer.journey_id,
        kind=closed.trigger and closed.trigger.kind,
        stage=Stage.CLOSED,
        outcome=closed.outcome,
        reason=closed.reason,
        trigger=closed.trigger,
        decisions=closed.decisions,
    )
    return await _with_messages(services, customer, explanation)


async def _with_messages(
    services: Services, customer: Customer, explanation: Explanation
) -> Explanation:
    """Add what was sent, or may have been, about the trigger."""
    if explanation.trigger is None:
        return explanation
    event_id = explanation.trigger.event_id
    async with services.database.reading() as connection:
        rows = await messages.of_trigger(
            connection, customer.store_id, customer.customer_id, event_id
        )
    sent = [SentMessage.model_validate(row) for row in rows]
    return explanation.model_copy(update={"messages": sent})
