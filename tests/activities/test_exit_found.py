"""An order that only the exit check knows of: kept once, until the posted one comes."""

import json
from datetime import datetime
from itertools import permutations

import pytest
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.outcome import Outcomes
from bootstrap import make_intake
from domain.journey.outcomes import ClosedJourney, JourneyRecord, Outcome, Reason
from sandbox.samples import fresh
from storage import stores
from storage.database import Database
from storage.result_tables import orders
from storage.stores import Store
from tests.ingest.test_acceptance import NotedGateway
from tests.storage.builders import CUSTOMER, NOW, STORE, a_config, later

PHONE = "+919876543210"


@pytest.fixture
async def store(database: Database) -> Store:
    async with database.transaction() as connection:
        made = await stores.put(connection, STORE, a_config(default_region="IN"), NOW)
    assert made is not None
    return made


class Happening:
    """What happens to one customer, in an order of a test's own."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    async def cart(self) -> None:
        await self._post("cart_update.add_to_cart", "cart", CUSTOMER, NOW)

    async def exit(self, run_id: str = "r1", found_by: str = "exit_check") -> None:
        """A journey ends with an order that the partner named."""
        at = later(600)
        closed = ClosedJourney(
            run_id=run_id,
            store_id=STORE,
            customer_id=CUSTOMER,
            outcome=Outcome.EXITED,
            reason=Reason.ORDER_PLACED,
            evidence={"timestamp": at.isoformat(), "found_by": found_by},
            decisions=[],
            closed_at=later(3600),
        )
        record = JourneyRecord(journey=closed, taken=[], next=[])
        await ActivityEnvironment().run(Outcomes(self._database).record_outcome, record)

    async def order(self, minute: int = 12) -> None:
        await self._post("order_placed", f"o{minute}", "guest", later(60 * minute))

    async def kept(self) -> list[tuple[str, int | None]]:
        query = select(orders.c.found_by, orders.c.amount).order_by(orders.c.placed_at)
        async with self._database.reading() as connection:
            return [tuple(row) for row in await connection.execute(query)]

    async def _post(self, name: str, event_id: str, customer_id: str, at: datetime) -> None:
        event = fresh(
            "cart_update.add_to_cart",
            event_id=event_id,
            customer_id=customer_id,
            phone=PHONE,
            at=at,
            organization_id="org",
        )
        if name == "order_placed":
            data = {"order_id": event_id, "price": {"amount": 5, "currency": "INR"}}
            event |= {"event_name": name, "event_data": data}
        intake = make_intake(self._database, NotedGateway(), lambda: later(3600))
        await intake.accept_posted(self._store, json.dumps(event).encode())
        await intake.close()


@pytest.fixture
def happening(database: Database, store: Store) -> Happening:
    return Happening(database, store)


@pytest.mark.parametrize("order", list(permutations(("exit", "order"))))
async def test_a_guests_order_with_the_number_is_the_one_that_was_found(
    happening: Happening, order: tuple[str, ...]
) -> None:
    await happening.cart()
    for name in order:
        await getattr(happening, name)()
    assert await happening.kept() == [("event", 5_000_000)]


@pytest.mark.parametrize("order", list(permutations(("exit", "order"))))
async def test_an_order_an_hour_later_is_another_one(
    happening: Happening, order: tuple[str, ...]
) -> None:
    await happening.cart()
    for name in order:
        await (happening.order(59) if name == "order" else happening.exit())
    assert await happening.kept() == [("exit_check", None), ("event", 5_000_000)]


async def test_a_journey_that_ends_twice_found_one_order(happening: Happening) -> None:
    await happening.cart()
    await happening.exit()
    await happening.exit()
    await happening.exit(run_id="r2")
    assert await happening.kept() == [("exit_check", None)]


async def test_an_order_that_was_posted_is_none_that_was_found(happening: Happening) -> None:
    await happening.cart()
    await happening.exit(found_by="inbox")
    assert await happening.kept() == []
