"""Loading a plan for a run that has closed before, and decides once more."""

from temporalio.testing import ActivityEnvironment

from activities.outcome import Outcomes
from activities.plan import Plans
from clock import utc_now
from domain.events.journey_event import JourneyEvent
from domain.journey.activity_inputs import PlanRequest
from domain.journey.activity_results import LoadedPlan
from domain.journey.outcomes import ClosedJourney, JourneyRecord, Outcome, Reason
from storage import stores
from storage.database import Database
from tests.storage.builders import CUSTOMER, NOW, STORE, a_config, accept, an_event

CART = an_event("cart")
OWN_RUN = ActivityEnvironment().info.workflow_run_id


def skipped(run_id: str, trigger: JourneyEvent) -> JourneyRecord:
    """A journey that ended without a message."""
    closed = ClosedJourney(
        run_id=run_id,
        store_id=STORE,
        customer_id=CUSTOMER,
        trigger=trigger,
        left_at=trigger.at,
        outcome=Outcome.SKIPPED,
        reason=Reason.QUIET_HOURS,
        evidence={},
        decisions=[],
        closed_at=NOW,
    )
    return JourneyRecord(journey=closed, taken=[trigger.event_id], up_to=trigger.at, next=[])


async def loaded_after(database: Database, run_id: str) -> LoadedPlan:
    """The plan about a cart, whose journey was recorded as skipped by this run."""
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(), NOW)
    await accept(database, CART)
    await ActivityEnvironment().run(Outcomes(database).record_outcome, skipped(run_id, CART))
    request = PlanRequest(
        store_id=STORE,
        customer_id=CUSTOMER,
        trigger=CART,
        left_at=CART.at,
        first_left_at=CART.at,
        orders_since=CART.at,
        buffered=(CART.event_id,),
        buffered_since=CART.at,
    )
    return await ActivityEnvironment().run(Plans(database, utc_now).load_plan, request)


async def test_a_run_that_decides_once_more_has_its_events_still(database: Database) -> None:
    loaded = await loaded_after(database, str(OWN_RUN))
    assert loaded.handled == ()
    assert not loaded.comes_too_late(CART)


async def test_an_event_of_another_run_comes_too_late(database: Database) -> None:
    loaded = await loaded_after(database, "another-run")
    assert loaded.handled == (CART.event_id,)
    assert loaded.comes_too_late(CART)
