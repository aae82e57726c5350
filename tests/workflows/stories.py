"""Journeys worth remembering: each takes one way through the workflow, on a real server."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.channel import SECRET
from tests.outages import outages
from tests.workflows.experiments import held_out_plan, with_customer
from tests.workflows.world import (
    CART_STEP,
    HOUR,
    LAST_CALL,
    LOOKING,
    MINUTE,
    Shop,
    World,
    order,
)

Story = Callable[[World], Awaitable[Shop]]
ONE = {"cart_update": [CART_STEP]}
TWO_KINDS = {**ONE, "product_view": [LOOKING]}


async def messaged_twice(world: World) -> Shop:
    shop = await world.shop()
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def debounced(world: World) -> Shop:
    shop = await world.shop(plans=ONE)
    with world.environment.with_time_skipping_disabled():
        for minute in range(5):
            await shop.does("cart_update.add_to_cart", minute * MINUTE)
    await shop.ends()
    return shop


async def ended_by_the_partner(world: World) -> Shop:
    shop = await world.shop()
    await shop.partner_knows(("cart_update", 30 * MINUTE))
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def waiting(world: World, **changes: object) -> Shop:
    shop = await world.shop(**changes)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(30 * MINUTE)
    return shop


async def ended_by_an_order(world: World) -> Shop:
    shop = await waiting(world)
    await shop.posts(order(shop, 20 * MINUTE))
    await shop.ends()
    return shop


async def superseded(world: World) -> Shop:
    shop = await waiting(world, plans=ONE)
    await shop.does("cart_update.add_to_cart", 25 * MINUTE)
    await shop.ends()
    return shop


async def postponed(world: World) -> Shop:
    shop = await waiting(world, plans=TWO_KINDS, lower_intent_events="postpone")
    await shop.does("product_view", 25 * MINUTE)
    await shop.ends()
    return shop


async def ignored(world: World) -> Shop:
    shop = await waiting(world, plans=TWO_KINDS, lower_intent_events="ignore")
    await shop.does("product_view", 25 * MINUTE)
    await shop.ends()
    return shop


async def ended_by_an_operator(world: World) -> Shop:
    shop = await waiting(world)
    await world.intake.exit(shop.store, shop.customer.customer_id)
    await shop.ends()
    return shop


async def held_and_resumed(world: World) -> Shop:
    shop = await waiting(world, plans=ONE)
    await shop.pause()
    await shop.forward(2 * HOUR)
    await shop.resume()
    await shop.ends()
    return shop


async def throttled(world: World) -> Shop:
    shop = await world.shop(plans=ONE)
    await shop.meta_fails("throttle", times=6)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def partner_down(world: World) -> Shop:
    shop = await world.shop(plans={"cart_update": [CART_STEP, LAST_CALL]})
    await shop.partner_fails("down", times=5)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def failed_after_its_first_message(world: World, code: int, second: str) -> Shop:
    """A journey that waits for its second message when Meta reports that the first one failed."""
    plan: list[dict[str, Any]] = [CART_STEP, {**LAST_CALL, "after": second}]
    shop = await world.shop(plans={"cart_update": plan})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(2 * HOUR)
    await shop.meta_reports_failure(code)
    return shop


async def unreachable(world: World) -> Shop:
    shop = await failed_after_its_first_message(world, 131026, "24h")
    await shop.ends()
    return shop


async def tried_again_a_day_later(world: World) -> Shop:
    shop = await failed_after_its_first_message(world, 131049, "72h")
    await shop.ends()
    return shop


async def opted_out(world: World) -> Shop:
    shop = await waiting(world)
    await shop.opt_out()
    await shop.ends()
    return shop


SMS = {"channel": "sms", "fields": {"text": "{{ event_data.cart_link }}"}}
OTHER = {"template": "cart_reminder_plain", "language": "en"}
BY_SMS = {**CART_STEP, "fallbacks": [{"on": ["unreachable", "marketing_limit"], **SMS}]}
BY_OTHER = {**CART_STEP, "fallbacks": [{"on": ["template_rejected", "template_held"], **OTHER}]}


async def with_channel(world: World, *steps: dict[str, Any], **changes: Any) -> Shop:
    """A shop that has a channel, and a customer who left a cart."""
    sms = {"url": f"{world.sandbox.base_url}/channels/sms", "secret": SECRET, "timeout": "1s"}
    plans = {"cart_update": list(steps)}
    return await world.shop(channels={"sms": sms}, plans=plans, **changes)


async def accepted_and_awaited(world: World, *steps: dict[str, Any]) -> Shop:
    """Meta accepted the first message, and may still report a failure."""
    shop = await with_channel(world, *steps)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(65 * MINUTE)
    return shop


async def sent_by_channel(world: World) -> Shop:
    shop = await with_channel(world, BY_SMS)
    await shop.meta_fails("error", code=131026)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def sent_by_another_template(world: World) -> Shop:
    shop = await with_channel(world, BY_OTHER)
    await shop.meta_fails("error", code=132001)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def sent_by_channel_later(world: World) -> Shop:
    shop = await accepted_and_awaited(world, BY_SMS)
    await shop.meta_reports_failure(131026)
    await shop.ends()
    return shop


async def no_late_failure(world: World) -> Shop:
    shop = await accepted_and_awaited(world, BY_SMS)
    await shop.ends()
    return shop


async def by_channel_first(world: World) -> Shop:
    shop = await with_channel(world, {"after": "1h", **SMS})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def paced(world: World) -> Shop:
    shop = await world.shop(plans={"cart_update": [CART_STEP, {**LAST_CALL, "after": "1h"}]})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def overtaken_by_an_order(world: World) -> Shop:
    shop = await waiting(world)
    await shop.does_unnoticed("cart_update.add_to_cart", 20 * MINUTE, event_name="order_placed")
    await shop.ends()
    return shop


async def overtaken_by_a_newer_cart(world: World) -> Shop:
    shop = await waiting(world, plans=ONE)
    await shop.does_unnoticed("cart_update.add_to_cart", 20 * MINUTE)
    await shop.ends()
    return shop


async def postponed_by_what_was_accepted(world: World) -> Shop:
    shop = await waiting(world, plans=ONE)
    await shop.does_unnoticed("product_view", 20 * MINUTE)
    await shop.ends()
    return shop


async def postponed_by_the_partner(world: World) -> Shop:
    shop = await waiting(world, plans=ONE)
    await shop.partner_knows(("product_view", 20 * MINUTE))
    await shop.ends()
    return shop


async def buffer_goes_on_with_what_was_accepted(world: World) -> Shop:
    shop = await world.shop(plans=ONE)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.does_unnoticed("cart_update.add_to_cart", 10 * MINUTE)
    await shop.ends()
    return shop


async def delivered_again_after_the_end(world: World) -> Shop:
    shop = await messaged_twice(world)
    await shop.gets_again(await shop.latest_event())
    await shop.ends()
    return shop


async def delivered_again_beside_a_new_cart(world: World) -> Shop:
    shop = await world.shop(plans=ONE)
    await shop.does("cart_update.add_to_cart", -HOUR)
    old = await shop.latest_event()
    await shop.ends()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.gets_again(old)
    await shop.ends()
    return shop


async def read_from_the_inbox_at_the_end(world: World) -> Shop:
    shop = await waiting(world, plans={"cart_update": [{**CART_STEP, "expires_after": "1s"}]})
    await shop.does_unsignalled("cart_update.add_to_cart", 40 * MINUTE)
    await shop.pause()
    await shop.forward(2 * HOUR)
    await shop.resume()
    await shop.ends()
    return shop


async def ended_in_the_buffer(world: World) -> Shop:
    shop = await world.shop()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await shop.posts(order(shop, MINUTE))
    await shop.ends()
    return shop


async def exited_in_the_buffer(world: World) -> Shop:
    shop = await world.shop()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
        await world.intake.exit(shop.store, shop.customer.customer_id)
    await shop.ends()
    return shop


async def cart_emptied(world: World) -> Shop:
    shop = await waiting(world)
    empty = {"event_data": {"empty_cart": True}}
    await shop.does("cart_update.remove_from_cart", 20 * MINUTE, **empty)
    await shop.ends()
    return shop


async def without_a_plan_any_more(world: World) -> Shop:
    shop = await world.shop()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.change(plans={"product_view": [LOOKING]})
    await shop.ends()
    return shop


async def expired_while_held(world: World) -> Shop:
    shop = await waiting(world, plans={"cart_update": [{**CART_STEP, "expires_after": "1h"}]})
    await shop.pause()
    await shop.forward(5 * HOUR)
    await shop.resume()
    await shop.ends()
    return shop


async def ended_while_held(world: World) -> Shop:
    shop = await waiting(world)
    await shop.pause()
    await shop.forward(2 * HOUR)
    await shop.posts(order(shop, 20 * MINUTE))
    await shop.ends()
    return shop


async def template_held_and_resumed(world: World) -> Shop:
    shop = await waiting(world, plans=ONE)
    await shop.meta_fails("error", code=132015)
    await shop.forward(2 * HOUR)
    await shop.resume()
    await shop.ends()
    return shop


async def sent_without_an_answer_of_the_partner(world: World) -> Shop:
    exit_api = {"url": f"{world.sandbox.base_url}/partner/fetch-user-events", "on_failure": "send"}
    shop = await world.shop(plans=ONE, exit_api=exit_api)
    await shop.partner_fails("down", times=5)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def without_an_exit_api(world: World) -> Shop:
    shop = await world.shop(plans=ONE, exit_api=None)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def capped(world: World) -> Shop:
    shop = await world.shop(frequency_cap={"messages": 1, "per": "7d"})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def unconfirmed(world: World) -> Shop:
    shop = await world.shop(plans=ONE)
    await shop.meta_fails("error", code=131000)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def recorded_when_the_database_was_back(world: World) -> Shop:
    shop = await world.shop(plans=ONE)
    with outages() as outage:
        outage.begin(lasts=6, only=SETTLING)
        await shop.does("cart_update.add_to_cart")
        await shop.ends()
    return shop


SETTLING = "provider_id=CASE"
"""Part of the statement that records what Meta answered."""


async def withheld(world: World) -> Shop:
    plans = held_out_plan(CART_STEP, LAST_CALL)
    shop = await with_customer(await world.shop(plans=plans), held_out=True)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


async def with_a_variant(world: World) -> Shop:
    variants = {"a": {"steps": [CART_STEP]}, "b": {"steps": [{**CART_STEP, "after": "2h"}]}}
    shop = await world.shop(plans={"cart_update": {"variants": variants}})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    return shop


STORIES: tuple[Story, ...] = (
    messaged_twice,
    debounced,
    ended_by_the_partner,
    ended_by_an_order,
    superseded,
    postponed,
    ignored,
    ended_by_an_operator,
    held_and_resumed,
    throttled,
    partner_down,
    unreachable,
    tried_again_a_day_later,
    opted_out,
    paced,
    sent_by_channel,
    sent_by_another_template,
    sent_by_channel_later,
    no_late_failure,
    by_channel_first,
    overtaken_by_an_order,
    overtaken_by_a_newer_cart,
    postponed_by_what_was_accepted,
    postponed_by_the_partner,
    buffer_goes_on_with_what_was_accepted,
    delivered_again_after_the_end,
    delivered_again_beside_a_new_cart,
    read_from_the_inbox_at_the_end,
    ended_in_the_buffer,
    exited_in_the_buffer,
    cart_emptied,
    without_a_plan_any_more,
    expired_while_held,
    ended_while_held,
    template_held_and_resumed,
    sent_without_an_answer_of_the_partner,
    without_an_exit_api,
    capped,
    unconfirmed,
    recorded_when_the_database_was_back,
    withheld,
    with_a_variant,
)
