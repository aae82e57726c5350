"""A message stands on everything that was accepted, however far behind Temporal is."""

from datetime import timedelta
from typing import Any

import pytest

from domain.journey.outcomes import Outcome, Reason, Stage
from tests.workflows.world import CART_STEP, HOUR, LOOKING, MINUTE, Shop, World

ONE = {"cart_update": [CART_STEP]}
BOTH = {**ONE, "product_view": [LOOKING]}
SECOND = timedelta(seconds=1)


async def waiting(world: World, **changes: Any) -> Shop:
    """A customer left a cart, and the journey waits for its message."""
    shop = await world.shop(**{"plans": ONE, **changes})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(30 * MINUTE)
    return shop


async def catches_up(shop: Shop) -> None:
    """Temporal gets what it is behind with."""
    await shop.world.dispatcher.sweep()


async def test_many_events_behind_a_backlog_lead_to_one_message(any_world: World) -> None:
    shop = await waiting(any_world)
    for number in range(50):
        at = 31 * MINUTE + number * timedelta(milliseconds=20)
        await shop.does_unnoticed("cart_update.add_to_cart", at)

    await shop.ends()
    await catches_up(shop)
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]
    assert (await shop.closed()).reason is Reason.PLAN_DONE, "none of them has a journey of its own"


STORIES = {
    "order": ("order_placed", {}, Reason.ORDER_PLACED),
    "emptied cart": ("cart_update.add_to_cart", {"event_data": {"empty_cart": True}}, None),
    "checkout": ("checkout_initiated", {}, Reason.SUPERSEDED),
    "product": ("product_view", {}, Reason.CONSECUTIVE_EVENT),
}


async def accepts(shop: Shop, story: str, at: timedelta) -> None:
    name, changes, _ = STORIES[story]
    sample = name if name.startswith(("cart", "product")) else "cart_update.add_to_cart"
    named = {} if sample == name else {"event_name": name}
    await shop.does_unnoticed(sample, at, **named, **changes)


@pytest.mark.parametrize("story", STORIES)
async def test_what_was_accepted_and_not_delivered_stops_the_message(
    any_world: World, story: str
) -> None:
    shop = await waiting(any_world, plans=BOTH)
    first_run = (await shop.handle.describe()).run_id
    await accepts(shop, story, 40 * MINUTE)

    await shop.ends()

    ending = await shop.closed_run(first_run)
    assert ending.outcome is Outcome.EXITED
    assert ending.reason is (STORIES[story][2] or Reason.CART_EMPTIED)
    assert (ending.evidence["event_id"], ending.evidence["found_by"]) == ("e2", "inbox")


async def test_what_follows_from_it_is_the_next_journey(any_world: World) -> None:
    shop = await waiting(any_world, plans=BOTH)
    await accepts(shop, "product", 40 * MINUTE)

    await shop.ends()
    await catches_up(shop)
    await shop.ends()

    assert await shop.templates() == ["still_looking"]


async def test_what_moves_the_journey_is_found_too(any_world: World) -> None:
    shop = await waiting(any_world, plans=ONE)
    await accepts(shop, "product", 40 * MINUTE)

    await shop.ends()

    decisions = (await shop.closed()).decisions
    sent = next(each for each in decisions if each.decision == "message_sent")
    assert 100 * MINUTE <= sent.at - shop.now < 101 * MINUTE
    assert await shop.templates() == ["cart_reminder"]


@pytest.mark.parametrize("story", ["earlier", "ignored by the store", "unknown"])
async def test_what_the_store_ignores_stops_nothing(any_world: World, story: str) -> None:
    shop = await waiting(any_world, plans=ONE, unplanned_events="ignore")
    if story == "earlier":
        await shop.does_unnoticed("cart_update.add_to_cart", -MINUTE)
    elif story == "unknown":
        await shop.does_unnoticed("product_view", 40 * MINUTE, event_name="back_in_stock")
    else:
        await shop.does_unnoticed("product_view", 40 * MINUTE)

    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]


async def test_buffer_goes_on_from_what_was_accepted_and_not_delivered(any_world: World) -> None:
    shop = await any_world.shop(plans=ONE)
    with any_world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does_unnoticed("cart_update.add_to_cart", 10 * MINUTE)

    await shop.ends()
    await catches_up(shop)
    await shop.ends()

    assert (await shop.closed()).reason is Reason.PLAN_DONE
    (message,) = await shop.ledger_of("e2")
    assert message["status"] == "accepted"
    assert len(await shop.messages()) == 1


async def test_order_that_was_not_delivered_takes_back_the_buffer(any_world: World) -> None:
    shop = await any_world.shop(plans=ONE)
    with any_world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await accepts(shop, "order", -9 * MINUTE)

    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert await shop.exit_checks() == 0


async def test_no_event_that_a_journey_took_in_starts_another(any_world: World) -> None:
    shop = await any_world.shop(plans=BOTH, lower_intent_events="ignore")
    with any_world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart", -MINUTE)
        trigger = [await shop.latest_event()]
        await shop.does("cart_update.add_to_cart")
        buffered = [await shop.latest_event()]
    await shop.forward(30 * MINUTE)
    await shop.does("product_view", 25 * MINUTE)
    ignored = [await shop.latest_event()]
    await accepts(shop, "checkout", 40 * MINUTE)
    handed_over = [await shop.latest_event()]
    await shop.ends()
    assert len(await shop.messages()) == 1

    for event in trigger + buffered + ignored + handed_over:
        started = await shop.gateway.start(shop.customer, [event], shop.store.config, shop.now)
        assert started is None
        ending = await shop.ends()
        assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.ALREADY_HANDLED)
    assert len(await shop.messages()) == 1


async def test_redelivered_event_takes_nothing_from_a_new_one(any_world: World) -> None:
    shop = await any_world.shop(plans=ONE)
    await shop.does("cart_update.add_to_cart", -HOUR)
    old = await shop.latest_event()
    await shop.ends()

    with any_world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        assert await shop.gateway.signal_event(shop.customer, old)
    await shop.ends()

    (message,) = await shop.ledger_of("e2")
    assert message["status"] == "accepted"
    assert (await shop.closed()).decisions[0].evidence["events_in_buffer"] == "1"


async def test_cart_that_is_older_than_one_stamped_ahead_is_new(any_world: World) -> None:
    shop = await any_world.shop(plans=ONE, buffer="1s")
    with any_world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart", 60 * SECOND)
        await any_world.intake.exit(shop.store, shop.customer.customer_id)
    await shop.ends()

    await shop.does("cart_update.add_to_cart", 30 * SECOND)
    await shop.ends()

    (message,) = await shop.ledger_of("e2")
    assert message["status"] == "accepted"


@pytest.mark.parametrize("earlier", [MINUTE / 60, HOUR])
async def test_event_that_comes_after_the_message_and_is_older_is_not_messaged_about(
    any_world: World, earlier: timedelta
) -> None:
    shop = await any_world.shop(plans=BOTH)
    await shop.does("product_view")
    await shop.ends()

    await shop.does("cart_update.add_to_cart", -earlier)
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.ALREADY_HANDLED)
    assert await shop.templates() == ["still_looking"]


async def test_held_journey_shows_what_it_waits_for(any_world: World) -> None:
    shop = await waiting(any_world)
    await shop.pause()
    await shop.forward(HOUR)
    state = await shop.state()
    await shop.resume()
    await shop.ends()

    assert state.stage is Stage.HELD
    assert state.held is not None
    assert state.held.because == "paused by the operator"
    assert await shop.templates() == ["cart_reminder"]
