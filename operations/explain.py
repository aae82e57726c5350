"""Explaining a journey: from Temporal while it is open, from the database after that."""

from domain.events.journey_event import JourneyEvent
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import ClosedJourney, Held, Stage
from operations.explanation import (
    Explanation,
    about_to_start,
    from_attributes,
    from_closed,
    from_state,
)
from storage import holds, inbox, journeys, message_reports
from storage.database import Database
from storage.inbox import Arrival
from temporal.gateway import JourneyGateway, OpenJourney
from temporal.rpc import TemporalUnavailableError


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
        return await self.explain_open(customer, journey)

    async def explain_open(self, customer: CustomerRef, journey: OpenJourney) -> Explanation:
        """Explain an open journey that Temporal has described."""
        if journey.state is None:
            event = await self._last_event(customer) if journey.stage is Stage.BUFFERING else None
            explanation = from_attributes(customer, journey, event)
        else:
            explanation = from_state(customer, journey.state, journey.kind)
            explanation = await self._with_messages(customer, explanation)
        held = await self._hold(customer)
        if explanation.held is not None:
            return explanation.with_hold(held)
        return explanation.while_held(held)

    async def _hold(self, customer: CustomerRef) -> Held | None:
        async with self._database.reading() as connection:
            return await holds.held(connection, customer.store_id, customer.customer_id)

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
            return about_to_start(customer, arrival.event)
        if temporal_unavailable and _may_be_open(arrival, closed):
            raise TemporalUnavailableError("it is not known whether a journey is open")
        if closed is None:
            return None
        return await self._with_messages(customer, from_closed(customer, closed))

    async def _with_messages(self, customer: CustomerRef, explanation: Explanation) -> Explanation:
        """Add the messages about the trigger."""
        if explanation.trigger is None:
            return explanation
        event_id = explanation.trigger.event_id
        async with self._database.reading() as connection:
            rows = await message_reports.for_trigger(
                connection, customer.store_id, customer.customer_id, event_id
            )
        return explanation.with_messages(rows)


def _may_be_open(arrival: Arrival | None, closed: ClosedJourney | None) -> bool:
    """Whether an event was delivered after the last journey had closed, or none has closed."""
    if closed is None:
        return True
    delivered_at = None if arrival is None else arrival.dispatched_at
    return delivered_at is not None and delivered_at > closed.closed_at
