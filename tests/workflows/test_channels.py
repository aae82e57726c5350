"""A step whose own message goes to one of the store's channels, on a real server."""

from typing import Any

from domain.journey.outcomes import Outcome, Reason
from tests.workflows.stories import SMS, by_channel_first, with_channel
from tests.workflows.world import LAST_CALL, World

FIRST: dict[str, Any] = {"after": "1h", **SMS}


async def test_a_step_can_go_to_a_channel_first(world: World) -> None:
    shop = await by_channel_first(world)

    [asked] = await shop.by_channel()
    [row] = await shop.ledger()
    assert asked["fields"] == {"text": "https://store.com/cart/3284672934"}
    assert (asked["plan"], asked["step"], asked["because"]) == ("cart_update", 1, None)
    assert (row["channel"], row["template"], row["status"]) == ("sms", None, "accepted")
    assert await shop.messages() == []
    ending = await shop.result()
    assert (ending.outcome, ending.reason) == (Outcome.MESSAGED, Reason.PLAN_DONE)


async def test_the_partner_is_asked_before_a_channel_message(world: World) -> None:
    shop = await by_channel_first(world)

    assert await shop.exit_checks() == 1


async def test_a_declined_channel_message_falls_back_to_a_template(world: World) -> None:
    template = {"on": ["send_failed"], "template": "cart_plain", "language": "en"}
    shop = await with_channel(world, {**FIRST, "fallbacks": [template]})
    await shop.channel_fails("declined")
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    [first, second] = await shop.ledger()
    assert (first["channel"], first["status"]) == ("sms", "failed")
    assert (second["template"], second["fallback_because"]) == ("cart_plain", "send_failed")
    assert await shop.templates() == ["cart_plain"]


async def test_an_unreachable_number_still_gets_later_channel_messages(world: World) -> None:
    shop = await with_channel(world, {**LAST_CALL, "after": "1h"}, {**FIRST, "after": "2h"})
    await shop.meta_fails("error", code=131026)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == []
    assert len(await shop.by_channel()) == 1
    assert (await shop.result()).outcome is Outcome.MESSAGED


async def test_a_suppressed_number_gets_no_channel_message(world: World) -> None:
    shop = await with_channel(world, FIRST)
    await shop.does("cart_update.add_to_cart")
    await shop.suppress()
    await shop.ends()

    assert await shop.by_channel() == []
    assert (await shop.result()).reason is Reason.OPTED_OUT
