"""Explaining a journey: from Temporal while it is open, from the database after that."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.events.journey_event import JourneyEvent
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import ClosedJourney, Decision, Outcome, Reason, Stage
from domain.journey.state import JourneyState
from domain.messages.message import WHATSAPP
from storage import inbox, journeys, message_reports
from storage.database import Database
from storage.inbox import Arrival
from temporal.gateway import JourneyGateway, OpenJourney
from temporal.rpc import TemporalUnavailableError


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


class Explainer:
    """Explains customers' journeys."""

    def __init__(self, database: Database, journeys: JourneyGateway) -> None:
        """Read from Temporal through this gateway, and from this database."""
        self._database = database
        self._journeys = journeys

    async def explain(self, customer: CustomerRef) -> Explanation | None:
        """Explain a customer's journey; None when there never was one.

        Raises:
            TemporalUnavailableError: it does not answer, and a journey may be open.
        """
        try:
            journey = await self._journeys.describe(customer)
        except TemporalUnavailableError:
            return await self._from_database(customer, temporal_unavailable=True)
        if journey is None:
            return await self._from_database(customer)
        if journey.state is None:
            return await self._from_attributes(customer, journey)
        explanation = _from_state(customer, journey.state, journey.kind)
        return await self._with_messages(customer, explanation)

    async def _from_attributes(self, customer: CustomerRef, journey: OpenJourney) -> Explanation:
        """An open journey that is start-delayed, or has no worker to answer a query."""
        event = await self._last_event(customer) if journey.stage is Stage.BUFFERING else None
        return Explanation(
            journey_id=customer.journey_id,
            kind=event.kind if event else journey.kind,
            stage=journey.stage,
            trigger=event,
            next_message_at=journey.next_message_at,
        )

    async def _last_event(self, customer: CustomerRef) -> JourneyEvent | None:
        async with self._database.reading() as connection:
            row = await inbox.latest(connection, customer.store_id, customer.customer_id)
        return None if row is None else row.event

    async def _from_database(
        self, customer: CustomerRef, *, temporal_unavailable: bool = False
    ) -> Explanation | None:
        ids = (customer.store_id, customer.customer_id)
        async with self._database.reading() as connection:
            arrival = await inbox.last_starting(connection, *ids)
            closed = await journeys.latest(connection, *ids)
        if arrival is not None and arrival.dispatched_at is None:
            return _about_to_start(customer, arrival)
        if temporal_unavailable and _may_be_open(arrival, closed):
            raise TemporalUnavailableError("it is not known whether a journey is open")
        return None if closed is None else await self._closed(customer, closed)

    async def _closed(self, customer: CustomerRef, closed: ClosedJourney) -> Explanation:
        return await self._with_messages(customer, _from_closed(customer, closed))

    async def _with_messages(self, customer: CustomerRef, explanation: Explanation) -> Explanation:
        """Add the messages about the trigger."""
        if explanation.trigger is None:
            return explanation
        event_id = explanation.trigger.event_id
        async with self._database.reading() as connection:
            rows = await message_reports.for_trigger(
                connection, customer.store_id, customer.customer_id, event_id
            )
        sent = [SentMessage.model_validate(row) for row in rows]
        return explanation.model_copy(update={"messages": sent})


def _from_state(customer: CustomerRef, state: JourneyState, kind: str | None) -> Explanation:
    ending = state.ending
    return Explanation(
        journey_id=customer.journey_id,
        kind=state.trigger.kind if state.trigger else kind,
        stage=state.stage,
        outcome=ending and ending.outcome,
        reason=ending and ending.reason,
        trigger=state.trigger,
        next_message_at=state.next_due(),
        decisions=state.decisions,
    )


def _may_be_open(arrival: Arrival | None, closed: ClosedJourney | None) -> bool:
    """Whether an event was delivered after the last journey had closed, or none has closed."""
    if closed is None:
        return True
    delivered_at = None if arrival is None else arrival.dispatched_at
    return delivered_at is not None and delivered_at > closed.closed_at


def _about_to_start(customer: CustomerRef, arrival: Arrival) -> Explanation:
    return Explanation(
        journey_id=customer.journey_id,
        kind=arrival.event.kind,
        stage=Stage.BUFFERING,
        trigger=arrival.event,
    )


def _from_closed(customer: CustomerRef, closed: ClosedJourney) -> Explanation:
    return Explanation(
        journey_id=customer.journey_id,
        kind=closed.trigger and closed.trigger.kind,
        stage=Stage.CLOSED,
        outcome=closed.outcome,
        reason=closed.reason,
        trigger=closed.trigger,
        decisions=closed.decisions,
    )
