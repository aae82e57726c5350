"""Loading the plan that a journey goes by."""

from temporalio import activity

from domain.customers import phones
from domain.journey.activity_inputs import PlanRequest
from domain.journey.plan import JourneyPlan, make_plan
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
        """The plan for a trigger, with due times in the zone of the customer's phone.

        An event can be delivered twice, when a process dies between delivering and marking it. The
        plan for a trigger whose journey has closed says so.
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
