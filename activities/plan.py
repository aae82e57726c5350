"""Loading the plan that a journey goes by."""

from temporalio import activity

from activities.experiment_arms import planned_arm
from clock import Clock
from domain.customers import phones
from domain.journey.activity_inputs import PlanRequest
from domain.journey.activity_results import LoadedPlan
from domain.journey.identity import CustomerRef
from domain.journey.plan import Departure, make_plan
from domain.journey.policy import policy_of
from storage import journey_reads, later_events
from storage.database import Database
from storage.later_events import Since


class Plans:
    """The stores' plans, as they are when a buffer ends."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read from this database."""
        self._database = database
        self._clock = clock

    @activity.defn
    async def load_plan(self, request: PlanRequest) -> LoadedPlan:
        """The plan for a trigger, with due times in the zone of the customer's phone.

        Also what is known of the buffer: an event can be delivered twice, when a process dies
        between delivering and marking it, and it can be accepted long before it is delivered.
        """
        customer = CustomerRef(request.store_id, request.customer_id)
        since, known = Since(request.buffered_since, request.orders_since), set(request.buffered)
        run_id = activity.info().workflow_run_id or ""
        async with self._database.reading() as connection:
            read = await journey_reads.for_plan(
                connection, customer, request.trigger.event_id, run_id
            )
            accepted = (
                await later_events.accepted(connection, customer, since, run_id) if known else []
            )
            handled = (
                await later_events.taken(connection, request.store_id, known, run_id)
                if known
                else []
            )
        config = read.store.config
        zone = phones.time_zone_of(phones.address_in(read.body, config.default_region))
        arm = await planned_arm(self._database, self._clock, request, read.store, read.body)
        departure = Departure(request.left_at, request.first_left_at, request.trigger.at)
        return LoadedPlan(
            plan=make_plan(config, request.trigger.kind, departure, zone, arm),
            policy=policy_of(config),
            handled=tuple(handled),
            messaged_up_to=read.messaged_up_to if known else None,
            accepted=tuple(event for event in accepted if event.event_id not in known),
        )
