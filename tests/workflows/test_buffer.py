"""What the buffer comes to, on a real server."""

from datetime import timedelta

from domain.journey.outcomes import Outcome, Reason, Stage
from tests.workflows.world import CART_STEP, LOOKING, MINUTE, Shop, World, order


async def test_the_latest_by_timestamp_is_the_trigger_in_any_order_of_arrival(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})

    with world.environment.with_time_skipping_disabled():
        for minute in (0, 4, 1, 3, 2):
            await shop.does(
                "cart_update.add_to_cart",
                minute * MINUTE,
                event_data={"price": {"amount": 100 + minute, "currency": "INR"}},
            )
    await shop.ends()

    [message] = await shop.messages()
    assert message["template"]["components"][0]["parameters"][1]["text"] == "104"


async def test_of_several_kinds_the_highest_intent_is_the_trigger(world: World) -> None:
    shop = await world.shop()

    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does("product_view", 2 * MINUTE)
        await shop.does("collection_view", 3 * MINUTE)
    await shop.ends()

    assert (await shop.templates())[0] == "cart_reminder"
    closed = await shop.closed()
    assert closed.trigger is not None
    assert closed.trigger.kind == "cart_update"
    chosen = closed.decisions[0].evidence
    assert chosen["events_in_buffer"] == "3"
    assert chosen["left_at"] == (shop.now + 3 * MINUTE).isoformat()


async def test_delays_count_from_the_last_activity_not_from_the_trigger(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})

    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does("product_view", 10 * MINUTE)
    await shop.ends()

    decisions = (await shop.closed()).decisions
    sent = next(each for each in decisions if each.decision == "message_sent")
    assert timedelta(minutes=70) <= sent.at - shop.now < timedelta(minutes=71)


async def test_an_order_newer_than_the_rest_closes_the_journey(world: World) -> None:
    shop = await world.shop()

    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.posts(order(shop, MINUTE))
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert ending.evidence["event_name"] == "order_placed"
    assert await shop.requests() == []


async def test_an_order_that_arrives_before_the_cart_it_paid_for_still_ends_it(
    world: World,
) -> None:
    shop = await world.shop()

    receipt = await shop.posts(order(shop, MINUTE))
    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (receipt.status, receipt.journey_id) == ("accepted", None)
    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert await shop.requests() == []


async def test_an_emptied_cart_takes_the_cart_events_out(world: World) -> None:
    shop = await world.shop()

    with world.environment.with_time_skipping_disabled():
        await shop.does("product_view")
        await shop.does("cart_update.add_to_cart", MINUTE)
        await shop.does("cart_update.remove_from_cart", 2 * MINUTE, event_data={"empty_cart": True})
    await shop.ends()

    assert await shop.templates() == ["still_looking"]


async def test_a_buffer_with_nothing_but_an_emptied_cart_is_nothing_to_recover(
    world: World,
) -> None:
    shop = await world.shop()

    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does("cart_update.remove_from_cart", 2 * MINUTE, event_data={"empty_cart": True})
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.CART_EMPTIED)


async def reaches_the_checkout(world: World, **plans: object) -> Shop:
    """A customer fills a cart and goes to the checkout."""
    shop = await world.shop(plans={"cart_update": [CART_STEP], **plans})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does("cart_update.add_to_cart", MINUTE, event_name="checkout_initiated")
    await shop.ends()
    return shop


async def test_a_checkout_without_a_plan_is_messaged_as_a_cart(world: World) -> None:
    shop = await reaches_the_checkout(world)

    trigger = (await shop.closed()).trigger
    assert trigger is not None
    assert trigger.kind == "checkout_initiated"
    assert await shop.templates() == ["cart_reminder"]


async def test_a_checkout_that_has_no_plan_on_purpose_is_no_trigger(world: World) -> None:
    shop = await reaches_the_checkout(world, checkout_initiated=[])

    trigger = (await shop.closed()).trigger
    assert trigger is not None
    assert (trigger.event_id, trigger.kind) == ("e1", "cart_update")
    assert await shop.templates() == ["cart_reminder"]


async def test_a_kind_whose_plan_is_gone_when_the_buffer_ends_is_not_messaged(
    world: World,
) -> None:
    shop = await world.shop()

    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.change(plans={"product_view": [LOOKING]})
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.NO_PLAN)


async def test_an_event_delivered_twice_counts_once(world: World) -> None:
    shop = await world.shop()

    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        again = await shop.does("cart_update.add_to_cart", event_id="e1")
        event = await shop.latest_event()
        assert await shop.gateway.signal_event(shop.customer, event)
    await shop.ends()

    assert again.status == "duplicate"
    assert (await shop.closed()).decisions[0].evidence["events_in_buffer"] == "1"


async def test_an_event_redelivered_after_its_journey_closed_is_not_messaged_again(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    event = await shop.latest_event()
    await shop.gateway.start(shop.customer, [event], shop.store.config, shop.now)
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.ALREADY_HANDLED)
    assert await shop.templates() == ["cart_reminder"]


async def test_an_order_that_is_reported_after_the_thank_you_page_still_counts(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does("collection_view", 2 * MINUTE)
    await shop.forward(16 * MINUTE)
    await shop.forward(30 * MINUTE)
    assert (await shop.state()).stage is Stage.WAITING

    await shop.posts(order(shop, MINUTE))
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert await shop.requests() == []


async def test_a_buffered_event_redelivered_after_its_journey_closed_starts_no_other(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        first = await shop.latest_event()
        await shop.does("cart_update.add_to_cart", MINUTE)
    await shop.ends()

    await shop.gateway.start(shop.customer, [first], shop.store.config, shop.now)
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.ALREADY_HANDLED)
    assert await shop.templates() == ["cart_reminder"]


async def test_an_older_cart_is_not_messaged_after_a_newer_ones_journey_reached_no_one(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails("error", code=131026)
    await shop.does("cart_update.add_to_cart", MINUTE)
    assert (await shop.ends()).reason is Reason.UNREACHABLE

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.ALREADY_HANDLED)
    assert await shop.templates() == []


async def test_an_older_cart_is_messaged_when_a_newer_one_found_no_plan(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart", MINUTE)
    await shop.change(plans={"product_view": [LOOKING]})
    assert (await shop.ends()).reason is Reason.NO_PLAN

    await shop.change(plans={"cart_update": [CART_STEP]})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]


async def test_a_phone_written_as_a_number_is_a_phone(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})

    await shop.does("cart_update.add_to_cart", phone=int(shop.phone.removeprefix("+91")))
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]
