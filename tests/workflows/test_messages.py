"""What a journey sends, and when."""

from domain.journey.outcomes import Outcome, Reason
from tests.workflows.world import World


async def test_an_abandoned_cart_is_messaged_by_its_plan(world: World) -> None:
    shop = await world.shop()

    receipt = await shop.does("cart_update.add_to_cart", name="Asha")
    ending = await shop.ends()

    assert receipt.status == "accepted"
    assert (ending.outcome, ending.reason) == (Outcome.MESSAGED, Reason.PLAN_DONE)
    assert await shop.templates() == ["cart_reminder", "cart_last_call"]
    first = (await shop.messages())[0]
    texts = [each["text"] for each in first["template"]["components"][0]["parameters"]]
    assert texts == ["Asha", "600"]


async def test_the_partner_is_asked_right_before_each_message(world: World) -> None:
    shop = await world.shop()

    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.exit_checks() == 2
    assert await shop.decisions() == [
        "trigger_chosen",
        "plan_loaded",
        "exit_check_passed",
        "message_sent",
        "exit_check_passed",
        "message_sent",
        "messaged",
    ]
