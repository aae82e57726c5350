"""Loading the plan that a journey goes by."""

from temporalio import activity

from domain import phones
from domain.planning import JourneyPlan, make_plan
from domain.questions import PlanRequest
from storage import inbox, journeys, stores
from storage.database import Database
from storage.journeys import TriggerSeen


class Plans:
    """The stores' plans, as they are when a buffer ends."""

    def __init__(self, database: Database) -> None:
        """Read from this database."""
        self._database = database

    @activity.defn
    async def load_plan(self, request: PlanRequest) -> JourneyPlan:
        """Work out the steps for a trigger; the customer's zone is that of their phone.

        Asked a second time for a trigger whose journey closed (an event can be delivered twice
        when a process dies between delivering and noting it), the plan says so.
        """
        async with self._database.reading() as connection:
            seen = TriggerSeen(request.trigger_event_id, request.left_at)
            if request.first and await journeys.handled(
                connection, request.store_id, request.customer_id, seen
            ):
                return JourneyPlan(already_handled=True)
            store = await stores.existing(connection, request.store_id)
            body = await inbox.body(connection, request.store_id, request.trigger_event_id) or {}
        zone = phones.time_zone_of(phones.address_in(body, store.config.default_region))
        return make_plan(store.config, request.kind, request.left_at, zone)
