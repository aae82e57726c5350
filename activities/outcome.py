"""Writing down how a journey ended."""

from temporalio import activity

from domain.outcomes import ClosedJourney
from storage import holds, journeys
from storage.database import Database


class Outcomes:
    """The ends of journeys."""

    def __init__(self, database: Database) -> None:
        """Write to this database."""
        self._database = database

    @activity.defn
    async def record_outcome(self, journey: ClosedJourney) -> None:
        """Keep outcome, reason, evidence and decisions, in one write; again changes nothing."""
        async with self._database.transaction() as connection:
            await journeys.record(connection, journey)
            await holds.forget(connection, journey.store_id, journey.customer_id)
