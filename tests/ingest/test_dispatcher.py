"""Delivering events that could not be delivered at once, on a real server."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bootstrap import make_dispatcher, make_intake
from domain.events.journey_event import JourneyEvent
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Stage
from domain.journey.routing import Delivery, Routing
from ingest.dispatcher import LEASE, Dispatcher
from ingest.intake import Intake
from storage.inbox import NewEvent
from storage.tables import inbox, stores
from temporal.client import PLAIN_CONVERTER
from temporal.gateway import JourneyGateway
from temporal.rpc import UndeliverableError
from tests.storage.builders import store
from tests.workflows.world import MINUTE, Shop, World, order, real_now


@pytest.fixture
async def intake_without_temporal(real_world: World) -> Intake:
    """An intake whose Temporal is unavailable."""
    gateway = JourneyGateway(
        await Client.connect("127.0.0.1:1", lazy=True, data_converter=PLAIN_CONVERTER)
    )
    return make_intake(real_world.database, gateway, real_now)


def with_intake(shop: Shop, intake: Intake) -> Shop:
    """The shop, posting its events to this intake."""
    return replace(shop, world=replace(shop.world, intake=intake))


def later_dispatcher(world: World) -> Dispatcher:
    """A dispatcher for which every lease has expired."""
    gateway = JourneyGateway(world.client)
    return make_dispatcher(world.database, gateway, lambda: real_now() + 2 * LEASE)


async def undelivered(world: World, shop: Shop) -> int:
    async with world.database.reading() as connection:
        rows = await connection.execute(
            inbox.select().where(
                inbox.c.store_id == shop.store.store_id, inbox.c.dispatched_at.is_(None)
            )
        )
        return len(rows.all())


async def test_events_are_delivered_when_temporal_is_available_again(
    real_world: World, intake_without_temporal: Intake
) -> None:
    shop = await real_world.shop()
    posting = with_intake(shop, intake_without_temporal)

    first = await posting.does("cart_update.add_to_cart")
    second = await posting.does("cart_update.add_to_cart", MINUTE, event_id="second")
    assert (first.status, second.status) == ("accepted", "accepted")
    assert await undelivered(real_world, shop) == 2

    await real_world.dispatcher.sweep()
    await shop.reaches(Stage.BUFFERING)
    assert await undelivered(real_world, shop) == 0


async def test_an_event_waits_behind_an_earlier_one_of_its_customer(
    real_world: World, intake_without_temporal: Intake
) -> None:
    shop = await real_world.shop()
    await with_intake(shop, intake_without_temporal).does("cart_update.add_to_cart")

    receipt = await shop.does("product_view", MINUTE, event_id="second")

    assert receipt.status == "accepted"
    assert await undelivered(real_world, shop) == 2


async def test_an_event_that_temporal_refuses_holds_up_no_other_customer(
    real_world: World, intake_without_temporal: Intake
) -> None:
    shop = await real_world.shop()
    event = JourneyEvent(event_id="poison", kind="cart_update", at=real_now(), intent=3)
    too_long_for_a_workflow_id = "x" * 1100
    poison = NewEvent(
        shop.store.store_id,
        too_long_for_a_workflow_id,
        event,
        {},
        Routing(Delivery.SIGNAL_OR_START),
    )
    async with real_world.database.transaction() as connection:
        await store(connection, poison, real_now(), real_now())
    await with_intake(shop, intake_without_temporal).does("cart_update.add_to_cart")

    await real_world.dispatcher.sweep()

    await shop.reaches(Stage.BUFFERING)
    assert await undelivered(real_world, shop) == 1


async def test_an_order_reaches_everyone_it_stops_when_temporal_is_available_again(
    real_world: World, intake_without_temporal: Intake
) -> None:
    shop = await real_world.shop(buffer="1h")
    await shop.does("cart_update.add_to_cart")
    posting = with_intake(shop, intake_without_temporal)

    receipt = await posting.posts(by_email(shop))
    journey_id = shop.customer.journey_id
    assert (receipt.status, receipt.journey_id) == ("accepted", journey_id), "the database knows it"
    assert await undelivered(real_world, shop) == 1

    await real_world.dispatcher.sweep()
    assert await undelivered(real_world, shop) == 0
    assert await signals(shop) == 1


async def test_an_order_that_temporal_refuses_for_one_customer_reaches_the_others(
    real_world: World,
) -> None:
    shop = await real_world.shop(buffer="1h")
    await shop.does("cart_update.add_to_cart")
    await shop.does("product_view", event_id="theirs", customer_id="a full one")
    intake = make_intake(real_world.database, OneJourneyIsFull(real_world.client), real_now)

    receipt = await with_intake(shop, intake).posts(by_email(shop))

    full = CustomerRef(shop.store.store_id, "a full one")
    assert receipt.status == "accepted"
    assert receipt.journey_id in {shop.customer.journey_id, full.journey_id}
    assert await signals(shop) == 1
    assert await undelivered(real_world, shop) == 0, "the full one sees the order when it claims"


class OneJourneyIsFull(JourneyGateway):
    """A gateway to journeys of which one has had as many signals as Temporal allows."""

    async def signal_event(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        if customer.customer_id == "a full one":
            raise UndeliverableError("INVALID_ARGUMENT")
        return await super().signal_event(customer, event)


def by_email(shop: Shop) -> dict[str, Any]:
    """An order of a guest, who gave only an e-mail address."""
    return {**order(shop, MINUTE), "customer": {"email": " EMAIL@gmail.co "}}


async def signals(shop: Shop) -> int:
    """How many signals the customer's open journey has had."""
    history = await shop.handle.fetch_history()
    signalled = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    return sum(event.event_type == signalled for event in history.events)


async def test_a_store_that_cannot_be_read_holds_up_no_other_store(
    real_world: World, intake_without_temporal: Intake
) -> None:
    broken, fine = await real_world.shop(), await real_world.shop()
    for shop in (broken, fine):
        posting = with_intake(shop, intake_without_temporal)
        await posting.does("cart_update.add_to_cart")
    async with real_world.database.transaction() as connection:
        mine = stores.c.store_id == broken.store.store_id
        await connection.execute(update(stores).where(mine).values(config={"broken": True}))

    await real_world.dispatcher.sweep()

    await fine.reaches(Stage.BUFFERING)
    assert await undelivered(real_world, broken) == 1


async def test_an_event_of_a_process_that_died_is_delivered_by_the_dispatcher(
    real_world: World,
) -> None:
    shop = await real_world.shop(buffer="1h")
    await shop.does("cart_update.add_to_cart")
    async with real_world.database.transaction() as connection:
        mine = inbox.c.store_id == shop.store.store_id
        lost = {"dispatched_at": None, "leased_until": real_now() + timedelta(seconds=1)}
        await connection.execute(update(inbox).where(mine).values(**lost))

    await later_dispatcher(real_world).sweep()

    assert await undelivered(real_world, shop) == 0
    history = await shop.handle.fetch_history()
    assert len(history.events) == 2, "started, and one signal that it knows already"
