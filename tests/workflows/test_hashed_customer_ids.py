"""A store with hashed customer ids: the partner is asked by its own, and nothing else has them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import structlog

from domain.customers.identity import hashed_customer_id
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Outcome, Reason, Stage
from operations.purge import Purge
from storage import customers, inbox
from tests.workflows.world import CART_STEP, MINUTE, Shop, World, real_now

STEP = {**CART_STEP, "body": ["{{ customer.customer_id }}", "{{ event_data.price.amount }}"]}
EVENT = "cart_update.add_to_cart"


@dataclass
class HashedShop:
    """A store with hashed ids, and one customer whose id is an e-mail address."""

    shop: Shop
    real_id: str

    async def does(self, name: str = EVENT, at: timedelta = timedelta(0)) -> None:
        await self.shop.does(name, at, customer_id=self.real_id)

    async def partner_knows(self, *events: tuple[str, timedelta]) -> None:
        asked_by = replace(self.shop, customer=CustomerRef(self.shop.store.store_id, self.real_id))
        await asked_by.partner_knows(*events)

    async def asked(self) -> list[dict[str, Any]]:
        requests = await self.shop.world.sandbox.get("/partner/_sandbox/requests")
        return [each for each in requests.json() if each["customer_id"] == self.real_id]


async def hashed_shop(world: World, **changes: Any) -> HashedShop:
    shop = await world.shop(customer_ids="hashed", plans={"cart_update": [STEP]}, **changes)
    real_id = f"{shop.store.store_id}.asha@example.com"
    key = hashed_customer_id(shop.store.hash_key, real_id)
    return HashedShop(replace(shop, customer=CustomerRef(shop.store.store_id, key)), real_id)


async def stored_by_temporal(shop: Shop) -> bytes:
    """The description and the history of every run of the customer's journeys."""
    stored = (await shop.handle.describe()).raw_description.SerializeToString()
    for run_id in await shop.run_ids():
        handle = shop.world.client.get_workflow_handle(shop.customer.journey_id, run_id=run_id)
        stored += b"".join(
            event.SerializeToString() for event in (await handle.fetch_history()).events
        )
    return stored


async def test_a_whole_journey_leaves_the_id_in_bodies_alone(
    any_world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    hashed = await hashed_shop(any_world)
    shop = hashed.shop
    with structlog.testing.capture_logs() as logs:
        await hashed.does()
        await shop.reaches(Stage.BUFFERING)
        await shop.forward(20 * MINUTE)
        await shop.reaches(Stage.WAITING)
        await hashed.does(at=30 * MINUTE)
        ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert len(await shop.run_ids()) > 1
    assert [each["query"]["customer_id"] for each in await hashed.asked()] == [hashed.real_id]
    [message] = await shop.messages()
    assert hashed.real_id in str(message)

    written = "".join(capfd.readouterr()) + str(logs)
    rows = str([await shop.closed(), await shop.ledger_of("e2")])
    stored = await stored_by_temporal(shop)
    assert shop.customer.customer_id.encode() in stored
    for each in (hashed.real_id, "example.com"):
        assert each.encode() not in stored
        assert each not in written
        assert each not in rows
        assert each not in shop.customer.journey_id


async def test_what_the_partner_knows_under_its_own_id_ends_the_journey(world: World) -> None:
    hashed = await hashed_shop(world)
    await hashed.partner_knows(("order_placed", 30 * MINUTE))

    await hashed.does()
    ending = await hashed.shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert await hashed.shop.requests() == []


@pytest.mark.parametrize("on_failure", ["skip", "send"])
async def test_an_erased_customer_is_neither_asked_about_nor_messaged(
    world: World, on_failure: str
) -> None:
    hashed = await hashed_shop(world)
    shop = hashed.shop
    api = shop.store.config.exit_api
    assert api is not None
    await shop.change(exit_api={"url": str(api.url), "on_failure": on_failure})
    with world.environment.with_time_skipping_disabled():
        await hashed.does()
    async with world.database.transaction() as connection:
        await customers.erase(connection, shop.store.store_id, shop.customer.customer_id, [])
    ending = await shop.ends()

    assert await hashed.asked() == await shop.requests() == []
    skipped = Reason.EXIT_API_UNAVAILABLE if on_failure == "skip" else Reason.NO_ADDRESS
    assert ending.reason is skipped


async def test_the_row_that_has_the_id_stays_while_the_journey_is_open(real_world: World) -> None:
    hashed = await hashed_shop(real_world)
    shop = hashed.shop
    await hashed.does()

    await Purge(real_world.database, shop.gateway, real_now() + timedelta(days=60)).run(
        timedelta(days=30)
    )

    async with real_world.database.reading() as connection:
        body = await inbox.body(connection, shop.store.store_id, "e1")
    assert body is not None
    assert body["customer"]["customer_id"] == hashed.real_id
