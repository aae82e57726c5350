"""What the customer's later events do to a waiting journey, on a real server."""

import pytest

from domain.journey.outcomes import Outcome, Reason, Stage
from tests.workflows.world import CART_STEP, HOUR, LOOKING, MINUTE, Shop, World, order


async def waiting(world: World, **changes: object) -> Shop:
    """A shop whose customer left a cart half an hour ago."""
    shop = await world.shop(**changes)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(30 * MINUTE)
    assert (await shop.state()).stage is Stage.WAITING
    return shop


async def test_an_order_ends_the_journey(world: World) -> None:
    shop = await waiting(world)

    receipt = await shop.posts(order(shop, 20 * MINUTE))
    ending = await shop.ends()

    assert receipt.status == "accepted"
    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert await shop.requests() == []


async def test_an_emptied_cart_ends_a_journey_about_a_cart(world: World) -> None:
    shop = await waiting(world)

    await shop.does("cart_update.remove_from_cart", 20 * MINUTE, event_data={"empty_cart": True})
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.CART_EMPTIED)


async def test_a_newer_cart_supersedes_the_journey_with_a_buffer_of_its_own(
    world: World,
) -> None:
    shop = await waiting(world, plans={"cart_update": [CART_STEP]})
    first_run = (await shop.handle.describe()).run_id

    for minute in (25, 26, 27):
        await shop.does(
            "cart_update.add_to_cart",
            minute * MINUTE,
            event_data={"price": {"amount": minute, "currency": "INR"}},
        )
    await shop.ends()

    [message] = await shop.messages()
    assert message["template"]["components"][0]["parameters"][1]["text"] == "27"
    superseded = await shop.closed_run(first_run)
    assert (superseded.outcome, superseded.reason) == (Outcome.EXITED, Reason.SUPERSEDED)
    # The next ones may come while it closes: then Temporal has it decide again, with them.
    assert superseded.evidence["event_id"] in {"e2", "e3", "e4"}


async def test_an_event_of_lower_intent_ends_the_journey_and_is_the_next_trigger(
    world: World,
) -> None:
    shop = await waiting(world)
    first_run = (await shop.handle.describe()).run_id

    await shop.does("product_view", 20 * MINUTE)
    await shop.ends()

    ended = await shop.closed_run(first_run)
    assert (ended.outcome, ended.reason) == (Outcome.EXITED, Reason.CONSECUTIVE_EVENT)
    assert await shop.templates() == ["still_looking"]


async def test_an_event_of_lower_intent_postpones_the_journey_where_a_store_wants_that(
    world: World,
) -> None:
    shop = await waiting(world, lower_intent_events="postpone", plans={"cart_update": [CART_STEP]})

    await shop.does("collection_view", 25 * MINUTE)
    await shop.ends()

    decisions = (await shop.closed()).decisions
    sent = next(each for each in decisions if each.decision == "message_sent")
    assert 85 * MINUTE <= sent.at - shop.now < 86 * MINUTE
    assert "postponed" in await shop.decisions()


async def test_an_event_of_lower_intent_is_ignored_where_a_store_wants_that(
    world: World,
) -> None:
    plans = {"cart_update": [CART_STEP], "product_view": [LOOKING]}
    shop = await waiting(world, lower_intent_events="ignore", plans=plans)

    await shop.does("product_view", 25 * MINUTE)
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]
    assert "events_ignored" in await shop.decisions()


@pytest.mark.parametrize("late", [0, 10], ids=["as new", "older"])
async def test_an_event_not_newer_than_left_at_changes_nothing(world: World, late: int) -> None:
    shop = await waiting(world, plans={"cart_update": [CART_STEP]})

    await shop.does("cart_update.add_to_cart", -late * MINUTE)
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]


async def test_an_event_between_two_messages_keeps_the_second_from_being_sent(
    world: World,
) -> None:
    shop = await waiting(world)
    await shop.forward(HOUR)
    assert await shop.templates() == ["cart_reminder"]

    await shop.posts(order(shop, 2 * HOUR))
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert await shop.templates() == ["cart_reminder"]


async def test_a_custom_kind_ranks_as_its_plan_says(world: World) -> None:
    shop = await waiting(
        world,
        plans={
            "cart_update": [CART_STEP],
            "quiz_done": {"intent": "checkout_initiated", "steps": [LOOKING]},
        },
    )

    await shop.does("product_view", 25 * MINUTE, event_name="quiz_done")
    await shop.ends()

    assert await shop.templates() == ["still_looking"]


async def test_an_exit_ends_a_waiting_journey_now(world: World) -> None:
    shop = await waiting(world)

    receipt = await world.intake.exit(shop.store, shop.customer.customer_id)
    ending = await shop.ends()

    assert receipt.status == "accepted"
    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.OPERATOR)
    assert await shop.requests() == []


async def test_an_exit_ends_a_buffering_journey_now(real_world: World) -> None:
    shop = await real_world.shop()
    await shop.does("cart_update.add_to_cart")

    receipt = await real_world.intake.exit(shop.store, shop.customer.customer_id)
    ending = await shop.result()

    assert receipt.status == "accepted"
    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.OPERATOR)


async def test_an_exit_ends_a_journey_that_buffers_anew_now(real_world: World) -> None:
    shop = await real_world.shop(buffer="1s", plans={"cart_update": [CART_STEP]})
    await shop.does("cart_update.add_to_cart")
    await shop.reaches(Stage.WAITING)
    await shop.change(buffer="1h")
    await shop.does("cart_update.add_to_cart", MINUTE)
    await shop.reaches(Stage.BUFFERING)

    await real_world.intake.exit(shop.store, shop.customer.customer_id)
    ending = await shop.result()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.OPERATOR)


async def test_an_opt_out_ends_the_open_journeys_of_all_customers_with_the_number(
    world: World,
) -> None:
    shop = await waiting(world)

    await shop.opt_out()
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.OPTED_OUT)
    assert await shop.requests() == []


async def test_an_exit_never_starts_a_journey(real_world: World) -> None:
    shop = await real_world.shop(buffer="1s", plans={})
    await shop.does("cart_update.add_to_cart")

    exited = await shop.gateway.request_exit(shop.customer, await shop.latest_event())

    assert not exited
    assert await shop.gateway.describe(shop.customer) is None


async def test_without_an_open_journey_there_is_nothing_to_exit(world: World) -> None:
    shop = await world.shop()

    receipt = await world.intake.exit(shop.store, shop.customer.customer_id)

    assert (receipt.status, receipt.reason) == ("ignored", "no open journey")
