"""What the partner's answer does to a journey, on a real server, over real HTTP."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.journey.outcomes import Outcome, Reason
from storage import exit_api_state
from storage.exit_api_state import ExitApiState
from storage.result_tables import orders
from tests.workflows.world import CART_STEP, HOUR, LOOKING, MINUTE, Shop, World, real_now


async def test_a_later_event_that_only_the_partner_knows_ends_the_journey(world: World) -> None:
    shop = await world.shop()
    await shop.partner_knows(
        ("collection_view", -HOUR), ("cart_update", 30 * MINUTE), ("product_view", -2 * HOUR)
    )

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.CONSECUTIVE_EVENT)
    assert ending.evidence["event_name"] == "cart_update"
    assert ending.evidence["timestamp"] == (shop.now + 30 * MINUTE).isoformat()
    assert ending.evidence["found_by"] == "exit_check"
    assert await shop.requests() == []


async def test_an_order_that_the_partner_knows_is_named_as_one(world: World) -> None:
    shop = await world.shop()
    await shop.partner_knows(("order_placed", 30 * MINUTE))

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    mine = select(orders).where(orders.c.customer_id == shop.customer.customer_id)
    async with world.database.reading() as connection:
        kept = (await connection.execute(mine)).mappings().one()
    assert (kept["found_by"], kept["placed_at"]) == ("exit_check", shop.now + 30 * MINUTE)
    assert (kept["amount"], kept["order_id"]) == (None, None)


async def test_the_trigger_is_no_later_event_with_any_precision_of_its_timestamp(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    shop.now = shop.now.replace(microsecond=858000)
    await shop.partner_knows(("cart_update", timedelta(microseconds=469)))

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]


@pytest.mark.parametrize("policy", ["ignore", "postpone"])
async def test_a_lower_event_of_the_partner_follows_the_stores_policy(
    world: World, policy: str
) -> None:
    shop = await world.shop(
        lower_intent_events=policy, plans={"cart_update": [CART_STEP], "product_view": [LOOKING]}
    )
    await shop.partner_knows(("product_view", 30 * MINUTE))

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]
    sent = next(each for each in (await shop.closed()).decisions if each.decision == "message_sent")
    delay = 90 if policy == "postpone" else 60
    assert delay * MINUTE <= sent.at - shop.now < (delay + 1) * MINUTE


async def test_a_partner_that_recovers_within_two_minutes_is_asked_again(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.partner_fails("down", times=4)

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.exit_checks() == 5
    assert await shop.templates() == ["cart_reminder"]


@pytest.mark.parametrize("fault", ["down", "wrong", "huge", "redirect", "not_found"])
async def test_a_partner_that_keeps_failing_costs_the_message(world: World, fault: str) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.partner_fails(fault, times=5)

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.EXIT_API_UNAVAILABLE)
    assert await shop.exit_checks() == 5
    assert await shop.requests() == []


async def test_a_partner_that_is_too_slow_has_not_answered(world: World) -> None:
    shop = await world.shop(
        plans={"cart_update": [CART_STEP]},
        exit_api={"url": f"{world.sandbox.base_url}/partner/fetch-user-events", "timeout": "50ms"},
    )
    await shop.partner_fails("slow", times=5)

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.EXIT_API_UNAVAILABLE)


async def test_a_store_may_prefer_to_send_when_the_partner_cannot_be_asked(world: World) -> None:
    shop = await world.shop(
        plans={"cart_update": [CART_STEP]},
        exit_api={"url": "http://127.0.0.1:9/nobody", "on_failure": "send"},
    )

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]
    assert "exit_check_failed" in await shop.decisions()


async def test_a_customer_unknown_to_a_partner_that_answered_before_has_no_events(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    async with world.database.transaction() as connection:
        api = shop.store.config.exit_api
        assert api is not None
        await exit_api_state.record_answer(connection, shop.store.store_id, api, real_now())
    await shop.partner_fails("not_found", times=1)

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.exit_checks() == 1
    assert await shop.templates() == ["cart_reminder"]


async def test_an_exit_check_remembers_whether_the_partner_answered(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.partner_fails("not_found", times=5)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    failing = await _known(shop)
    assert failing.because is not None
    assert "taken for a wrong path" in failing.because
    assert not failing.has_answered

    await shop.does("cart_update.add_to_cart", HOUR)
    await shop.ends()
    answering = await _known(shop)
    assert (answering.has_answered, answering.failing_since) == (True, None)


async def _known(shop: Shop) -> ExitApiState:
    api = shop.store.config.exit_api
    assert api is not None
    async with shop.world.database.reading() as connection:
        return await exit_api_state.read(connection, shop.store.store_id, api)


async def test_without_an_exit_api_no_partner_is_asked(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]}, exit_api=None)

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.exit_checks() == 0
    assert await shop.templates() == ["cart_reminder"]


async def test_an_order_before_left_at_that_only_the_partner_knows_ends_the_journey(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.partner_knows(("order_placed", MINUTE), ("collection_view", 2 * MINUTE))
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does("collection_view", 2 * MINUTE)
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)


async def test_an_answer_with_future_events_counts_as_not_answered(world: World) -> None:
    shop = await world.shop(lower_intent_events="postpone", plans={"cart_update": [CART_STEP]})
    await shop.partner_knows(("product_view", timedelta(days=365 * 70)))

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.EXIT_API_UNAVAILABLE)


async def test_a_customer_whom_the_partner_gave_no_id_is_not_asked_about(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})

    receipt = await shop.does("cart_update.add_to_cart", customer={"customer_id": None})
    handle = world.client.get_workflow_handle(str(receipt.journey_id))
    await world.environment.fast_forward(handle)

    assert await shop.requests() == []
    assert (await handle.result())["reason"] == Reason.EXIT_API_UNAVAILABLE
