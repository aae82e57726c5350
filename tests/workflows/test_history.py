"""What a journey costs in Temporal: history events, counted on a real server in real time."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from domain.journey.outcomes import Outcome, Stage
from tests.workflows.world import CART_STEP, Shop, World

ONE_MESSAGE = {"buffer": "2s", "plans": {"cart_update": [{**CART_STEP, "after": "2s"}]}}
SECOND = timedelta(seconds=1)
TASK = EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED


@dataclass(frozen=True)
class Total:
    """Of all runs of a customer's journey, one continued as the next."""

    events: int
    tasks: int


async def total_of(shop: Shop) -> Total:
    await history_of(shop)
    handles = [
        shop.world.client.get_workflow_handle(shop.customer.journey_id, run_id=run_id)
        for run_id in await shop.run_ids()
    ]
    histories = [await handle.fetch_history() for handle in handles]
    return Total(sum(len(each.events) for each in histories), sum(map(tasks, histories)))


async def history_of(shop: Shop) -> WorkflowHistory:
    ending = await shop.result()
    assert ending.outcome is Outcome.MESSAGED
    return await shop.handle.fetch_history()


def tasks(history: WorkflowHistory) -> int:
    return sum(event.event_type == TASK for event in history.events)


async def test_a_journey_with_one_message_takes_15_events_and_2_tasks(real_world: World) -> None:
    shop = await real_world.shop(**ONE_MESSAGE)

    await shop.does("cart_update.add_to_cart")
    history = await history_of(shop)

    assert len(await shop.messages()) == 1
    assert await shop.exit_checks() == 1
    assert (len(history.events), tasks(history)) == (15, 2)


async def test_a_first_delay_beyond_the_buffer_adds_5_events_and_a_task(
    real_world: World,
) -> None:
    plans = {"cart_update": [{**CART_STEP, "after": "4s"}]}
    shop = await real_world.shop(buffer="2s", plans=plans)

    await shop.does("cart_update.add_to_cart")
    history = await history_of(shop)

    assert (len(history.events), tasks(history)) == (20, 3)


async def test_each_further_message_adds_12_events_and_2_tasks(real_world: World) -> None:
    steps = [{**CART_STEP, "after": after} for after in ("2s", "10s", "18s")]
    shop = await real_world.shop(buffer="2s", plans={"cart_update": steps})

    await shop.does("cart_update.add_to_cart")
    history = await history_of(shop)

    assert len(await shop.messages()) == 3
    assert (len(history.events), tasks(history)) == (15 + 2 * 12, 2 + 2 * 2)


async def test_each_further_event_in_the_buffer_adds_one_event_and_no_task(
    real_world: World,
) -> None:
    alone, followed = [await real_world.shop(**ONE_MESSAGE) for _ in range(2)]

    await alone.does("cart_update.add_to_cart")
    await followed.does("cart_update.add_to_cart")
    for further in range(1, 4):
        await followed.does("cart_update.add_to_cart", timedelta(milliseconds=-further))
    histories = [await history_of(shop) for shop in (alone, followed)]

    counts = [len(history.events) for history in histories]
    assert counts[1] - counts[0] == 3
    assert tasks(histories[0]) == tasks(histories[1])


async def test_also_where_further_events_prolong_the_buffer(real_world: World) -> None:
    few, many = [await real_world.shop(**ONE_MESSAGE) for _ in range(2)]

    for shop, further in ((few, 1), (many, 4)):
        await shop.does("cart_update.add_to_cart")
        for number in range(further):
            await shop.does(
                "cart_update.add_to_cart", SECOND - timedelta(milliseconds=further - number)
            )
    totals = [await total_of(shop) for shop in (few, many)]

    assert totals[1].events - totals[0].events == 3
    assert totals[1].tasks == totals[0].tasks


async def test_also_in_the_buffer_of_a_journey_that_supersedes_another(
    real_world: World,
) -> None:
    few, many = [await real_world.shop(**ONE_MESSAGE) for _ in range(2)]

    for shop, further in ((few, 1), (many, 4)):
        await shop.change(plans={"cart_update": [{**CART_STEP, "after": "1h"}]})
        await shop.does("cart_update.add_to_cart")
        await shop.reaches(Stage.WAITING)
        await shop.change(plans=ONE_MESSAGE["plans"])
        await shop.does("cart_update.add_to_cart", 3 * SECOND)
        await shop.reaches(Stage.BUFFERING)
        for number in range(further):
            await shop.does("cart_update.add_to_cart", timedelta(milliseconds=-number))
    totals = [await total_of(shop) for shop in (few, many)]

    assert totals[1].events - totals[0].events == 3
    assert totals[1].tasks == totals[0].tasks
