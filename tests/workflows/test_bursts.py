"""Thousands of events of one customer, such as of a bot or an id that a partner gives to all."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from temporalio.api.enums.v1 import EventType

from domain.events.models import event_adapter
from domain.journey.outcomes import Outcome, Reason
from domain.journey.routing import MAX_SIGNALS
from ingest.event_parser import ParsedEvent
from ingest.event_routing import Obstacles, prepare, route
from storage import tables
from tests.storage.builders import store
from tests.workflows.world import CART_STEP, LOOKING, MINUTE, Shop, World, real_now

pytestmark = pytest.mark.slow

PLANS = {"cart_update": [CART_STEP]}
SIGNALLED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
EVENTS = 12_000
SECOND = timedelta(seconds=1)
MANY = MAX_SIGNALS + 20


async def signals(shop: Shop) -> int:
    """How many signals all runs of the customer's journeys got."""
    found = 0
    for run_id in await shop.run_ids():
        handle = shop.world.client.get_workflow_handle(shop.customer.journey_id, run_id=run_id)
        history = await handle.fetch_history()
        found += sum(event.event_type == SIGNALLED for event in history.events)
    return found


async def posts_many(shop: Shop) -> None:
    """Carts, a millisecond apart; the last of them are not signalled."""
    for number in range(MANY):
        await shop.does("cart_update.add_to_cart", timedelta(milliseconds=number))
    assert await signals(shop) == MAX_SIGNALS - 1, "the first one starts the journey"


async def accepts_the_rest(shop: Shop) -> None:
    """As many more as make 12,000, accepted as the last ones were."""
    body = shop.body("cart_update.add_to_cart", timedelta(0))
    parsed = ParsedEvent(event_adapter.validate_python(body), body)
    async with shop.world.database.transaction() as connection:
        new = route(prepare(shop.store, parsed), Obstacles(are_too_many=True), real_now())
        assert not new.signalled
        for number in range(MANY, EVENTS):
            at = shop.now + timedelta(milliseconds=number)
            event = new.event.model_copy(update={"event_id": f"m{number}", "at": at})
            row = await store(connection, replace(new, event=event), real_now(), real_now())
            assert row is not None
    async with shop.world.database.transaction() as connection:
        await connection.execute(update(tables.inbox).values(dispatched_at=real_now()))


async def test_12_000_events_in_one_buffer_lead_to_one_message_about_the_newest(
    world: World,
) -> None:
    shop = await world.shop(plans=PLANS)
    with world.environment.with_time_skipping_disabled():
        await posts_many(shop)
        await accepts_the_rest(shop)
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert await signals(shop) == MAX_SIGNALS - 1
    newest = timedelta(milliseconds=EVENTS - 1)
    assert (await shop.closed()).left_at == shop.now + newest
    assert len(await shop.messages()) == 1


async def test_an_order_and_an_exit_are_signalled_whatever_came_before(world: World) -> None:
    for stop in ("order", "exit"):
        shop = await world.shop(plans=PLANS)
        with world.environment.with_time_skipping_disabled():
            await posts_many(shop)
            if stop == "order":
                await shop.does("cart_update.add_to_cart", MINUTE, event_name="order_placed")
            else:
                await world.intake.exit(shop.store, shop.customer.customer_id)
            assert await signals(shop) == MAX_SIGNALS
        ending = await shop.ends()

        assert ending.outcome is Outcome.EXITED
        assert ending.reason is (Reason.ORDER_PLACED if stop == "order" else Reason.OPERATOR)
        assert await shop.messages() == []


async def test_what_was_not_signalled_stops_a_waiting_journey(world: World) -> None:
    shop = await world.shop(plans=PLANS)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(30 * MINUTE)
    await shop.does_unsignalled("cart_update.add_to_cart", 40 * MINUTE)
    await shop.ends()

    assert (await shop.closed()).left_at == shop.now + 40 * MINUTE
    assert len(await shop.messages()) == 1


async def test_what_was_not_signalled_starts_a_journey_where_none_is_open(world: World) -> None:
    shop = await world.shop(plans=PLANS)
    await shop.does_unsignalled("cart_update.add_to_cart", timedelta(0))
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED


async def test_a_checkout_among_many_newer_views_is_the_trigger(world: World) -> None:
    shop = await world.shop(plans={**PLANS, "product_view": [LOOKING]})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        checkout = {"event_name": "checkout_initiated", "event_id": "checkout"}
        await shop.does_unsignalled("cart_update.add_to_cart", MINUTE / 2, **checkout)
        for number in range(30):
            await shop.does_unsignalled("product_view", MINUTE + number * SECOND)
        await shop.does("product_view", 2 * MINUTE)
    await shop.ends()

    trigger = (await shop.closed()).trigger
    assert trigger is not None
    assert trigger.event_id == "checkout"
