"""Recording how a journey ended."""

from temporalio import activity

from domain.journey.outcomes import ClosedJourney
from storage import holds, journeys
from storage.database import Database


class Outcomes:
    """The ends of journeys."""

    def __init__(self, database: Database) -> None:
        """Write to this database."""
        self._database = database

    @activity.defn
    async def record_outcome(self, journey: ClosedJourney) -> None:
        """Record outcome, reason, evidence and decisions in one transaction. Idempotent."""
        async with self._database.transaction() as connection:
            await journeys.record(connection, journey)
            await holds.forget(connection, journey.store_id, journey.customer_id)
