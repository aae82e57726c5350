"""From due to sent, at most once, on a real server, over real HTTP."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Outcome, Reason, Stage
from tests.workflows.world import CART_STEP, HOUR, LAST_CALL, LOOKING, MINUTE, Shop, World

INDIA = ZoneInfo("Asia/Kolkata")


def clock(at: datetime) -> str:
    return at.astimezone(INDIA).strftime("%H:%M")


async def sent_at(shop: Shop) -> datetime:
    decisions = (await shop.closed()).decisions
    return next(each.at for each in decisions if each.decision == "message_sent")


async def test_a_message_due_in_quiet_hours_waits_for_their_end(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    start, end = shop.now + 30 * MINUTE, shop.now + 5 * HOUR
    await shop.change(quiet_hours={"start": clock(start), "end": clock(end)})

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert clock(await sent_at(shop)) == clock(end)


async def test_quiet_hours_are_those_of_the_customers_phone(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]}, timezone="America/New_York")
    start, end = shop.now + 30 * MINUTE, shop.now + 5 * HOUR
    await shop.change(quiet_hours={"start": clock(start), "end": clock(end)})

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert clock(await sent_at(shop)) == clock(end)


async def test_a_message_that_quiet_hours_push_past_its_expiry_is_left_out(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [{**CART_STEP, "expires_after": "1h"}]})
    start, end = shop.now + 30 * MINUTE, shop.now + 5 * HOUR
    await shop.change(quiet_hours={"start": clock(start), "end": clock(end)})

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.QUIET_HOURS)
    assert await shop.requests() == []


async def test_a_message_that_comes_too_late_is_left_out(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [{**CART_STEP, "expires_after": "30m"}]})
    await shop.pause()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(3 * HOUR)

    await shop.resume()
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.EXPIRED)


async def test_a_paused_stores_journey_holds_and_goes_on_with_a_fresh_exit_check(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.pause()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(5 * HOUR)
    state = await shop.state()

    assert state.stage is Stage.HELD
    assert state.held is not None
    assert (state.held.reason, state.held.because) == (
        Reason.STORE_PAUSED,
        "paused by the operator",
    )
    assert state.decisions[-1].decision == "held"
    assert await shop.exit_checks() == 0
    await shop.resume()
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert await shop.exit_checks() == 1
    assert await shop.templates() == ["cart_reminder"]


async def test_the_frequency_cap_counts_all_messages_to_a_person(world: World) -> None:
    shop = await world.shop(
        frequency_cap={"messages": 1, "per": "7d"},
        plans={"cart_update": [CART_STEP, LAST_CALL]},
    )

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert await shop.templates() == ["cart_reminder"]
    skipped = next(
        each for each in (await shop.closed()).decisions if each.decision == "message_skipped"
    )
    assert skipped.because == Reason.FREQUENCY_CAP


async def test_who_opted_out_meanwhile_gets_nothing(world: World) -> None:
    shop = await world.shop()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.suppress()
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.OPTED_OUT)
    assert await shop.requests() == []


async def test_a_message_with_a_hole_is_not_sent(world: World) -> None:
    shop = await world.shop(
        plans={"cart_update": [{**CART_STEP, "body": ["{{ customer.nickname }}"]}, LAST_CALL]}
    )

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_last_call"]
    skipped = next(
        each for each in (await shop.closed()).decisions if each.decision == "message_skipped"
    )
    assert skipped.because == Reason.MISSING_MERGE_FIELD
    assert skipped.evidence["field"] == "customer.nickname"


@pytest.mark.parametrize("fault", ["done_but_timeout", "done_but_server_error", "server_error"])
async def test_what_may_have_been_sent_is_never_sent_again(world: World, fault: str) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails(fault)

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert len(await shop.requests()) == 1
    assert "message_unconfirmed" in await shop.decisions()


async def test_throttling_is_waited_out(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails("throttle", times=6)

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert await shop.templates() == ["cart_reminder"]
    assert len(await shop.requests()) == 7
    assert await shop.exit_checks() == 7, "each attempt needs a fresh exit check"


async def test_throttling_without_end_costs_the_message_not_the_journey(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [{**CART_STEP, "expires_after": "10m"}]})
    await shop.meta_fails("throttle", times=1000)

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.EXPIRED)
    assert await shop.messages() == []


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        (131026, Outcome.SKIPPED, Reason.UNREACHABLE),
        (131050, Outcome.EXITED, Reason.OPTED_OUT),
        (132001, Outcome.SKIPPED, Reason.TEMPLATE_REJECTED),
        (999999, Outcome.SKIPPED, Reason.SEND_FAILED),
    ],
)
async def test_metas_refusals_end_or_skip_as_the_table_says(
    world: World, code: int, outcome: Outcome, reason: Reason
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails("error", code=code)

    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (outcome, reason)
    assert len(await shop.requests()) == 1


async def test_an_account_error_pauses_the_store_and_burns_nothing(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails("error", code=190)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(2 * HOUR)

    paused = await shop.stored()
    assert paused.paused
    assert "190" in str(paused.paused_because)
    await shop.resume()
    await shop.ends()
    assert await shop.templates() == ["cart_reminder"]


async def test_a_paused_template_holds_its_messages_and_no_others(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP], "product_view": [LOOKING]})
    await shop.meta_fails("error", code=132015)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(2 * HOUR)
    other = replace(
        shop, customer=CustomerRef(shop.store.store_id, "another"), phone="+919999900001"
    )

    await other.does("product_view", event_id="another")
    await other.ends()
    assert await other.templates() == ["still_looking"]
    assert (await shop.state()).decisions[-1].because == Reason.TEMPLATE_HELD
    assert await shop.templates() == []

    await shop.resume()
    await shop.ends()
    assert await shop.templates() == ["cart_reminder"]


async def test_a_second_message_to_the_same_person_waits_its_moment(world: World) -> None:
    close = [{**CART_STEP, "after": "1h"}, {**LAST_CALL, "after": "1h"}]
    shop = await world.shop(plans={"cart_update": close})

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder", "cart_last_call"]
    deferred = next(
        each for each in (await shop.closed()).decisions if each.decision == "message_deferred"
    )
    assert deferred.because == Reason.THROTTLED
    assert await shop.exit_checks() == 3, "put off, it is checked again right before it is sent"


async def test_the_pair_limit_is_waited_out(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails("error", times=1, code=131056)

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]
    assert len(await shop.requests()) == 2


async def test_a_workflow_reset_by_an_operator_sends_nothing_twice(world: World) -> None:
    shop = await world.shop()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(2 * HOUR)
    assert await shop.templates() == ["cart_reminder"]

    await shop.reset_to_first_task()
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert await shop.templates() == ["cart_reminder", "cart_last_call"]
    assert len(await shop.requests()) == 2


async def test_a_closed_journey_that_is_reset_is_known_to_be_over(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    await shop.reset_to_first_task()
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.ALREADY_HANDLED)
    assert len(await shop.requests()) == 1


async def test_a_customer_without_an_id_is_known_by_a_hash_and_not_asked_for(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]}, exit_api=None)

    receipt = await shop.does("cart_update.add_to_cart", customer={"customer_id": None})

    assert receipt.journey_id is not None
    assert receipt.journey_id.startswith(f"journey:{shop.store.store_id}:anon-")
    assert shop.phone not in receipt.journey_id
    handle = world.client.get_workflow_handle(receipt.journey_id)
    await world.environment.fast_forward(handle)
    assert await shop.templates() == ["cart_reminder"]


async def test_a_step_may_wait_for_weeks(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [{**LAST_CALL, "after": "60d"}]})

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert timedelta(days=60) <= await sent_at(shop) - shop.now < timedelta(days=60, minutes=5)


CONSENT = {"granted": True, "source": "checkout", "timestamp": "2024-10-08T06:30:35+05:30"}


async def test_where_consent_is_required_only_events_with_it_start_journeys(world: World) -> None:
    shop = await world.shop(consent="required", plans={"cart_update": [CART_STEP]})

    without = await shop.does("cart_update.add_to_cart")
    await shop.does("cart_update.add_to_cart", customer={"consent": CONSENT})
    await shop.ends()

    assert (without.status, str(without.reason)[:10]) == ("ignored", "no consent")
    assert await shop.templates() == ["cart_reminder"]


async def test_a_trigger_without_consent_is_not_messaged_though_a_journey_was_open(
    world: World,
) -> None:
    shop = await world.shop(consent="required", plans={"cart_update": [CART_STEP]})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart", customer={"consent": CONSENT})
        await shop.does("cart_update.add_to_cart", MINUTE)
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.NO_CONSENT)
