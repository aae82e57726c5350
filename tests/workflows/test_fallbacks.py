"""What is sent instead of a message that surely reached nobody, on a real server."""

from datetime import timedelta

import pytest

from domain.journey.outcomes import Outcome, Reason
from storage import template_holds
from storage.messages import MessageStatus
from tests.workflows.stories import (
    BY_OTHER,
    BY_SMS,
    OTHER,
    SMS,
    accepted_and_awaited,
    no_late_failure,
    sent_by_another_template,
    sent_by_channel,
    sent_by_channel_later,
    with_channel,
)
from tests.workflows.world import CART_STEP, LAST_CALL, MINUTE, World, order, real_now


async def test_whom_whatsapp_does_not_reach_the_stores_channel_is_asked_to(world: World) -> None:
    shop = await sent_by_channel(world)

    [asked] = await shop.by_channel()
    [first, second] = await shop.ledger()
    assert asked["fields"] == {"text": "https://store.com/cart/3284672934"}
    assert (asked["plan"], asked["step"], asked["because"]) == ("cart_update", 1, "unreachable")
    assert asked["message_id"] == second["message_id"]
    assert (first["status"], first["channel"]) == ("failed", "whatsapp")
    assert (second["status"], second["channel"], second["fallback"]) == ("accepted", "sms", 1)
    assert second["fallback_because"] == "unreachable"
    ending = await shop.result()
    assert (ending.outcome, ending.reason) == (Outcome.MESSAGED, Reason.PLAN_DONE)


async def test_the_partner_is_asked_again_before_a_fallback(world: World) -> None:
    shop = await sent_by_channel(world)

    assert await shop.exit_checks() == 2


async def test_a_rejected_template_is_replaced_by_another(world: World) -> None:
    shop = await sent_by_another_template(world)

    assert await shop.templates() == ["cart_reminder_plain"]
    [fell_back] = [d for d in (await shop.closed()).decisions if d.decision == "fell_back"]
    assert fell_back.because == "template_rejected"
    assert fell_back.evidence["to"] == "cart_reminder_plain"


async def test_a_late_failure_of_the_last_message_leads_to_a_fallback(world: World) -> None:
    shop = await sent_by_channel_later(world)

    assert await shop.templates() == ["cart_reminder"]
    assert len(await shop.by_channel()) == 1
    assert (await shop.result()).outcome is Outcome.MESSAGED


async def test_without_word_from_meta_the_journey_closes_when_it_was_watched_for_long_enough(
    world: World,
) -> None:
    shop = await no_late_failure(world)

    closed = await shop.closed()
    assert (closed.outcome, closed.reason) == (Outcome.MESSAGED, Reason.PLAN_DONE)
    assert await shop.by_channel() == []
    sent = next(each.at for each in closed.decisions if each.decision == "message_sent")
    assert closed.closed_at - sent >= timedelta(minutes=15)


async def test_a_journey_without_fallbacks_closes_with_its_last_message(world: World) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    closed = await shop.closed()
    sent = next(each.at for each in closed.decisions if each.decision == "message_sent")
    assert closed.closed_at - sent < MINUTE


async def test_who_buys_while_the_last_message_is_watched_gets_no_fallback(world: World) -> None:
    shop = await accepted_and_awaited(world, BY_SMS)

    await shop.posts(order(shop, 64 * MINUTE))
    ending = await shop.ends()
    await shop.meta_reports_failure(131026)

    assert (ending.outcome, ending.reason) == (Outcome.MESSAGED, Reason.PLAN_DONE)
    assert await shop.by_channel() == []


async def test_who_looked_at_a_cart_while_the_last_message_was_watched_has_a_new_journey(
    world: World,
) -> None:
    shop = await accepted_and_awaited(world, BY_SMS)
    [first] = await shop.run_ids()

    await shop.does("cart_update.add_to_cart", 64 * MINUTE)
    await shop.ends()

    assert (await shop.closed_run(first)).reason is Reason.PLAN_DONE
    assert await shop.templates() == ["cart_reminder", "cart_reminder"]


async def test_after_unreachable_later_steps_do_not_try_whatsapp(
    world: World,
) -> None:
    last = {**LAST_CALL, "fallbacks": [{"on": ["unreachable"], **SMS}]}
    shop = await with_channel(world, BY_SMS, {**LAST_CALL, "after": "2h"}, last)
    await shop.meta_fails("error", code=131026)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert len(await shop.requests()) == 1
    assert [each["step"] for each in await shop.by_channel()] == [1, 3]
    assert "message_skipped" in await shop.decisions()


async def test_a_held_template_is_replaced_at_once_where_the_plan_says_so(world: World) -> None:
    shop = await with_channel(world, BY_OTHER)
    store_id = shop.store.store_id
    async with world.database.transaction() as connection:
        await template_holds.add(connection, store_id, "cart_reminder", "test", real_now())
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder_plain"]


async def test_a_missing_merge_field_leads_to_a_message_that_does_without(world: World) -> None:
    plain = {"on": ["missing_merge_field"], **OTHER}
    shop = await with_channel(
        world, {**CART_STEP, "body": ["{{ customer.nick }}"], "fallbacks": [plain]}
    )
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder_plain"]


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ("declined", "failed", Reason.SEND_FAILED),
        ("broken", "unknown", Reason.PLAN_DONE),
        ("done_but_timeout", "unknown", Reason.PLAN_DONE),
    ],
)
async def test_a_channel_is_asked_once(
    world: World, fault: str, status: str, reason: Reason
) -> None:
    shop = await with_channel(world, BY_SMS)
    await shop.meta_fails("error", code=131026)
    await shop.channel_fails(fault)
    await shop.does("cart_update.add_to_cart")

    ending = await shop.ends()

    assert [row["status"] for row in await shop.ledger()] == ["failed", status]
    assert ending.reason is reason
    assert len(await shop.by_channel()) == (fault == "done_but_timeout")


async def test_a_channel_that_is_too_busy_is_asked_again(world: World) -> None:
    shop = await with_channel(world, BY_SMS)
    await shop.meta_fails("error", code=131026)
    await shop.channel_fails("throttled")
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert len(await shop.by_channel()) == 1


async def test_who_opted_out_meanwhile_is_not_sent_a_fallback(world: World) -> None:
    shop = await accepted_and_awaited(world, BY_SMS)
    await shop.suppress()
    await shop.meta_reports_failure(131026)

    assert (await shop.ends()).reason is Reason.OPTED_OUT
    assert await shop.by_channel() == []


async def test_an_unknown_outcome_leads_to_no_fallback(world: World) -> None:
    failed = {"on": ["send_failed", "unreachable"], **SMS}
    shop = await with_channel(world, {**CART_STEP, "fallbacks": [failed]})
    await shop.meta_fails("server_error")
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.by_channel() == []


async def test_a_workflow_that_was_reset_sends_neither_message_again(world: World) -> None:
    shop = await sent_by_channel(world)
    await shop.reset_to_first_task()
    await shop.ends()

    assert len(await shop.requests()) == 1
    assert len(await shop.by_channel()) == 1


async def test_a_reset_while_the_fallback_was_put_off_leads_to_it_all_the_same(
    world: World,
) -> None:
    shop = await with_channel(world, BY_SMS)
    await shop.meta_fails("error", code=131026)
    await shop.channel_fails("throttled", times=4)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(timedelta(hours=1, seconds=45))
    assert [row["status"] for row in await shop.ledger()] == ["failed", "not_sent"]

    await shop.reset_to_first_task()
    await shop.ends()

    assert len(await shop.requests()) == 1
    assert len(await shop.by_channel()) == 1


async def test_whom_meta_says_has_opted_out_gets_no_fallback_before_it_is_written_down(
    world: World,
) -> None:
    failed = {"on": ["send_failed"], **SMS}
    shop = await accepted_and_awaited(world, {**CART_STEP, "fallbacks": [failed]})

    await shop.meta_reports_failure(131050)
    await shop.ends()

    assert await shop.by_channel() == []


async def test_a_failure_that_meta_takes_back_leads_to_no_fallback(world: World) -> None:
    failed = {"on": ["send_failed"], **SMS}
    shop = await accepted_and_awaited(world, {**CART_STEP, "fallbacks": [failed]})

    await shop.meta_reports(MessageStatus.FAILED, 131053)
    await shop.meta_reports(MessageStatus.DELIVERED)
    await world.notifier.signal_failures()
    await shop.ends()

    assert await shop.by_channel() == []
    assert "message_failed" not in await shop.decisions()


async def test_a_held_journey_goes_on_after_resume_also_with_late_failures(
    world: World,
) -> None:
    plain = {"on": ["missing_merge_field"], "template": "plain_a", "language": "en"}
    other = {"on": ["template_held"], "template": "plain_b", "language": "en"}
    second = {
        **CART_STEP,
        "after": "2h",
        "body": ["{{ customer.nick }}"],
        "fallbacks": [plain, other],
    }
    third = {**LAST_CALL, "fallbacks": [{"on": ["unreachable"], **SMS}]}
    shop = await with_channel(world, CART_STEP, second, third)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(timedelta(minutes=119))
    await shop.meta_fails("throttle", times=4)
    await shop.forward(timedelta(seconds=90))
    with world.environment.with_time_skipping_disabled():
        await shop.meta_reports(MessageStatus.FAILED, 131026, which=0)
        await world.notifier.signal_failures()
        async with world.database.transaction() as connection:
            held = (shop.store.store_id, "plain_a", "test", real_now())
            await template_holds.add(connection, *held)
    await shop.forward(timedelta(hours=1))
    await shop.resume()
    await shop.ends()

    assert await shop.templates() == ["cart_reminder"]
    assert [each["step"] for each in await shop.by_channel()] == [3]
