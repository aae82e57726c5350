"""Stores are spread over task queues, and a journey stays on the queue it was started on."""

from collections import Counter

import pytest

from tests.workflows.test_fairness import runs_of
from tests.workflows.test_history import ONE_MESSAGE, SECOND
from tests.workflows.world import World
from workflows.queues import FIRST_QUEUE, QUEUES, TASK_QUEUES, task_queue


@pytest.mark.parametrize(
    ("store_id", "queue"), [("denim-co", "recovery-journeys-12"), ("a", "recovery-journeys-3")]
)
def test_a_store_has_the_same_queue_in_every_process_and_release(store_id: str, queue: str) -> None:
    assert task_queue(store_id) == queue


def test_stores_are_spread_over_all_queues() -> None:
    counted = Counter(task_queue(f"store-{number}") for number in range(100 * QUEUES))

    assert len(counted) == QUEUES
    assert max(counted.values()) < 200


def test_workers_poll_every_queue_that_a_journey_may_be_on() -> None:
    assert {task_queue(f"store-{number}") for number in range(1000)} <= set(TASK_QUEUES)
    assert FIRST_QUEUE in TASK_QUEUES


async def test_a_journey_stays_on_its_stores_queue_in_all_of_its_runs(real_world: World) -> None:
    shop = await real_world.shop(**ONE_MESSAGE)

    await shop.does("cart_update.add_to_cart")
    await shop.does("cart_update.add_to_cart", SECOND)
    runs = await runs_of(shop)

    started = [run[0].workflow_execution_started_event_attributes for run in runs]
    assert [each.task_queue.name for each in started] == [task_queue(shop.store.store_id)] * 2
