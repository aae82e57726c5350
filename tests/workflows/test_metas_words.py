"""Meta's words quote requests: they stand in the ledger and in no history."""

from dataclasses import replace

import pytest

from domain.journey.identity import CustomerRef
from tests.workflows.world import CART_STEP, HOUR, Shop, World

CANARY = "The sandbox was told to fail"
TITLE = "(#"
HOLDING = (132015, 131042)


async def history_of(shop: Shop) -> str:
    """Every event of the journey, with inputs, results and failures in plain text."""
    history = await shop.handle.fetch_history()
    return "\n".join(str(event) for event in history.events)


@pytest.mark.parametrize("code", [131000, 131026, 131049, 132000, 132015, 131042])
async def test_what_meta_says_reaches_the_ledger_and_no_history(world: World, code: int) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails("error", code=code)
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    if code in {*HOLDING, 131049}:  # that one is tried again a day later
        await shop.forward(2 * HOUR)
    else:
        await shop.ends()

    told = await history_of(shop)

    assert str(code) in told
    assert CANARY not in told
    assert TITLE not in told
    (row,) = await shop.ledger()
    assert TITLE in row["because"]
    assert (await shop.stored()).paused is (code == 131042)
    await shop.resume()
    await shop.ends()


@pytest.mark.parametrize("code", HOLDING)
async def test_a_hold_that_another_journey_caused_is_told_without_metas_words(
    world: World, code: int
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP]})
    await shop.meta_fails("error", code=code)
    another = CustomerRef(shop.store.store_id, "another")
    other = replace(shop, customer=another, phone=f"+91{9_100_000_000 + code}")
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(2 * HOUR)
    with world.environment.with_time_skipping_disabled():
        await other.does("cart_update.add_to_cart", event_id="another")
    await other.forward(2 * HOUR)

    told = await history_of(other)

    assert "held" in told
    assert CANARY not in told
    assert TITLE not in told
    assert await other.templates() == []
    await shop.resume()
    await shop.ends()
    await other.ends()
