"""Fairness keys: every task of a journey has its store's, in all of its runs."""

from temporalio.api.history.v1 import HistoryEvent

from domain.journey.outcomes import Stage
from tests.workflows.test_history import ONE_MESSAGE, SECOND, history_of
from tests.workflows.world import CART_STEP, Shop, World


async def runs_of(shop: Shop) -> list[list[HistoryEvent]]:
    """The histories of all runs of a customer's journey, newest first."""
    await history_of(shop)
    handles = [
        shop.world.client.get_workflow_handle(shop.customer.journey_id, run_id=run_id)
        for run_id in await shop.run_ids()
    ]
    return [list((await handle.fetch_history()).events) for handle in handles]


def keys_of_starts(runs: list[list[HistoryEvent]]) -> list[str]:
    started = [run[0].workflow_execution_started_event_attributes for run in runs]
    return [each.priority.fairness_key for each in started]


def keys_of_activities(runs: list[list[HistoryEvent]]) -> list[str]:
    scheduled = [
        event.activity_task_scheduled_event_attributes
        for run in runs
        for event in run
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return [each.priority.fairness_key for each in scheduled]


async def test_a_journey_has_its_store_as_fairness_key(real_world: World) -> None:
    shop = await real_world.shop(**ONE_MESSAGE)

    await shop.does("cart_update.add_to_cart")
    runs = await runs_of(shop)

    assert keys_of_starts(runs) == [shop.store.store_id]


async def test_also_after_its_buffer_was_prolonged(real_world: World) -> None:
    shop = await real_world.shop(**ONE_MESSAGE)

    await shop.does("cart_update.add_to_cart")
    await shop.does("cart_update.add_to_cart", SECOND)
    runs = await runs_of(shop)

    assert keys_of_starts(runs) == [shop.store.store_id] * 2


async def test_also_the_journey_that_follows_a_superseded_one(real_world: World) -> None:
    shop = await real_world.shop(**ONE_MESSAGE)
    await shop.change(plans={"cart_update": [{**CART_STEP, "after": "1h"}]})

    await shop.does("cart_update.add_to_cart")
    await shop.reaches(Stage.WAITING)
    await shop.change(plans=ONE_MESSAGE["plans"])
    await shop.does("cart_update.add_to_cart", 3 * SECOND)
    runs = await runs_of(shop)

    assert keys_of_starts(runs) == [shop.store.store_id] * 2


async def test_activities_inherit_the_fairness_key_of_their_journey(
    real_world: World,
) -> None:
    shop = await real_world.shop(**ONE_MESSAGE)

    await shop.does("cart_update.add_to_cart")
    runs = await runs_of(shop)

    assert set(keys_of_activities(runs)) == {""}
