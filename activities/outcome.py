"""Recording how a journey ended."""

from datetime import datetime
from typing import Final

from temporalio import activity

from activities.exit_found import record_exit_found
from clock import Clock, utc_now
from domain.events.journey_event import JourneyEvent
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import JourneyRecord, Reason
from storage import holds, journeys, later_events, messages
from storage.database import Database, lock
from storage.later_events import TakenIn

EXITS: Final = frozenset({Reason.OPERATOR, Reason.OPTED_OUT})
"""After these nothing that came before is the beginning of another journey."""


class Outcomes:
    """The ends of journeys."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        """Write to this database."""
        self._database = database
        self._clock = clock

    @activity.defn
    async def record_outcome(self, record: JourneyRecord) -> list[JourneyEvent]:
        """Record outcome, decisions and the events taken in, in one transaction. Idempotent.

        Returns:
            Later events that the journey was not signalled: it hands them to the next one.
        """
        journey = record.journey
        customer = CustomerRef(journey.store_id, journey.customer_id)
        async with self._database.transaction() as connection:
            await lock(connection, "customer", customer.store_id, customer.customer_id)
            now = self._clock()  # long after it closed, if the database was away
            await record_exit_found(connection, journey, now)
            closed_before = await journeys.record(connection, journey, now)
            if journey.trigger is not None:
                of_trigger = (customer.store_id, customer.customer_id, journey.trigger.event_id)
                await messages.abandon(connection, *of_trigger, journey.closed_at)
            await later_events.take(connection, customer, _taken_in(record, closed_before))
            await holds.forget(connection, customer.store_id, customer.customer_id)
            if journey.left_at is None or journey.reason in EXITS:
                return []
            return await later_events.unsignalled(connection, customer, journey.left_at)


def _taken_in(record: JourneyRecord, closed_before: datetime | None) -> TakenIn:
    journey = record.journey
    return TakenIn(
        journey.run_id,
        record.taken,
        record.up_to,
        record.next,
        at=journey.closed_at,
        closed_before=closed_before,
    )
