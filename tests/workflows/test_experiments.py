"""Holdouts and variants: who gets which message, and what a held-out customer's journey tells."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from domain.experiments.assignment import variant_of
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Outcome, Reason
from storage import experiments
from storage.result_tables import assignments
from tests.workflows.experiments import held_out_plan, person, running, with_customer
from tests.workflows.world import CART_STEP, HOUR, LAST_CALL, Shop, World

OTHER = {**LAST_CALL, "after": "1h"}


async def arms(shop: Shop) -> list[dict[str, Any]]:
    query = select(assignments).where(assignments.c.store_id == shop.store.store_id)
    async with shop.world.database.reading() as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]


async def test_a_held_out_customer_gets_no_message_and_is_told_apart_at_the_claim(
    world: World,
) -> None:
    shop = await with_customer(
        await world.shop(plans=held_out_plan(CART_STEP, LAST_CALL)), held_out=True
    )
    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.WITHHELD)
    assert await shop.requests() == []
    assert [row["status"] for row in await shop.ledger()] == ["withheld", "withheld"]
    assert await shop.exit_checks() == 2
    [arm] = await arms(shop)
    assert (arm["held_out"], arm["customer_id"]) == (True, shop.customer.customer_id)
    assert "experiment" in ending.evidence


async def test_the_others_get_their_messages(world: World) -> None:
    shop = await with_customer(
        await world.shop(plans=held_out_plan(CART_STEP, LAST_CALL)), held_out=False
    )
    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.MESSAGED, Reason.PLAN_DONE)
    assert await shop.templates() == ["cart_reminder", "cart_last_call"]
    [arm] = await arms(shop)
    assert arm["held_out"] is False
    experiment = await running(shop)
    assert {row["experiment_id"] for row in await shop.ledger()} == {experiment.experiment_id}


async def test_who_comes_back_before_the_claim_is_in_no_arm(world: World) -> None:
    shop = await world.shop(plans=held_out_plan(CART_STEP))
    await shop.does("cart_update.add_to_cart")
    await shop.partner_knows(("order_placed", HOUR / 2))
    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert await arms(shop) == []


async def test_two_ids_of_one_person_are_in_one_arm_also_in_later_journeys(world: World) -> None:
    shop = await with_customer(await world.shop(plans=held_out_plan(CART_STEP)), held_out=True)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    other = replace(shop, customer=CustomerRef(shop.store.store_id, "second-id"), events=10)
    await other.does("cart_update.add_to_cart")
    ending = await other.ends()

    assert ending.reason == Reason.WITHHELD
    assert len(await arms(shop)) == 1


async def test_a_journey_whose_plan_was_loaded_before_the_experiment_is_in_no_arm(
    world: World,
) -> None:
    shop = await world.shop(plans={"cart_update": [CART_STEP, LAST_CALL]})
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(2 * HOUR)
    await shop.change(plans=held_out_plan(CART_STEP, LAST_CALL, share=0.9))
    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert await shop.templates() == ["cart_reminder", "cart_last_call"]
    assert await arms(shop) == []


async def test_who_was_held_out_stays_so_when_the_experiment_ends_in_the_middle(
    world: World,
) -> None:
    shop = await with_customer(
        await world.shop(plans=held_out_plan(CART_STEP, LAST_CALL)), held_out=True
    )
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(2 * HOUR)
    await shop.change(plans={"cart_update": [CART_STEP, LAST_CALL]})
    ending = await shop.ends()

    assert ending.reason == Reason.WITHHELD
    assert await shop.requests() == []


async def test_a_withheld_message_counts_for_the_cap_and_for_nothing_else(world: World) -> None:
    shop = await with_customer(
        await world.shop(
            plans=held_out_plan(CART_STEP, LAST_CALL),
            frequency_cap={"messages": 1, "per": "7d"},
        ),
        held_out=True,
    )
    await shop.does("cart_update.add_to_cart")
    ending = await shop.ends()

    assert [row["status"] for row in await shop.ledger()] == ["withheld"]
    skipped = [
        each for each in (await shop.closed()).decisions if each.decision == "message_skipped"
    ]
    assert [each.because for each in skipped] == [Reason.WITHHELD, Reason.FREQUENCY_CAP]
    assert ending.reason == Reason.WITHHELD


async def test_a_reset_of_a_held_out_journey_sends_nothing_either(world: World) -> None:
    shop = await with_customer(await world.shop(plans=held_out_plan(CART_STEP)), held_out=True)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    await shop.reset_to_first_task()
    ending = await shop.result()

    assert ending.reason in {Reason.WITHHELD, Reason.ALREADY_HANDLED}
    assert await shop.requests() == []
    assert len(await shop.ledger()) == 1


async def test_content_variants_are_drawn_by_person_and_written_down_at_the_first_claim(
    world: World,
) -> None:
    variants = {"a": {"steps": [CART_STEP]}, "b": {"weight": 2, "steps": [OTHER]}}
    shop = await world.shop(plans={"cart_update": {"variants": variants}})
    experiment = await running(shop)
    who = person(shop, shop.phone)
    drawn = variant_of(experiment.design, shop.store.hash_key, experiment.experiment_id, who)
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    assert await shop.templates() == ["cart_reminder" if drawn == "a" else "cart_last_call"]
    [row] = await shop.ledger()
    assert row["variant"] == drawn
    [arm] = await arms(shop)
    assert (arm["variant"], arm["held_out"], arm["loaded_at"]) == (drawn, False, None)


async def test_variants_that_differ_in_delays_are_written_down_with_the_plan(world: World) -> None:
    variants = {"a": {"steps": [CART_STEP]}, "b": {"steps": [{**CART_STEP, "after": "3h"}]}}
    shop = await world.shop(plans={"cart_update": {"variants": variants}})
    await shop.does("cart_update.add_to_cart")
    await shop.partner_knows(("order_placed", HOUR / 2))
    ending = await shop.ends()

    assert ending.reason == Reason.ORDER_PLACED
    [arm] = await arms(shop)
    assert arm["variant"] in {"a", "b"}
    assert arm["loaded_at"] is not None
    assert (arm["held_out"], arm["claimed_at"]) == (None, None)
    loaded = [each for each in (await shop.closed()).decisions if each.decision == "plan_loaded"]
    assert loaded[0].evidence["variant"] == arm["variant"]


async def test_a_person_keeps_the_variant_in_later_journeys(world: World) -> None:
    variants = {"a": {"steps": [CART_STEP]}, "b": {"steps": [{**OTHER, "after": "2h"}]}}
    shop = await world.shop(plans={"cart_update": {"variants": variants}})
    await shop.does("cart_update.add_to_cart")
    await shop.ends()
    first = await shop.templates()
    await shop.does("cart_update.add_to_cart", 48 * HOUR)
    await shop.ends()

    assert await shop.templates() == first * 2
    assert len(await arms(shop)) == 1


async def test_a_change_of_texts_alone_lets_the_experiment_go_on(world: World) -> None:
    shop = await world.shop(plans=held_out_plan(CART_STEP))
    before = await running(shop)
    await shop.change(plans=held_out_plan({**CART_STEP, "template": "other_text"}))
    assert await running(shop) == before
    await shop.change(plans=held_out_plan(CART_STEP, share=0.2))
    after = await running(shop)
    assert after.experiment_id != before.experiment_id
    async with world.database.reading() as connection:
        listed = await experiments.listed(connection, shop.store.store_id)
    assert [each.ended_at is None for each in listed] == [True, False]
