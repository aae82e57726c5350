"""A worker's slots: the queue with fewest is next, and each queue has one."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from temporalio.worker import (
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
    WorkerDeploymentVersion,
)

from temporal.slots import SharedSlots


@dataclass
class Poll:
    """The context that Temporal passes with a poll."""

    task_queue: str
    slot_type: Literal["workflow", "activity", "local-activity"] = "activity"
    worker_identity: str = "worker"
    worker_build_id: str = ""
    worker_deployment_version: WorkerDeploymentVersion | None = None
    is_sticky: bool = False


def reserving(slots: SharedSlots, queue: str) -> asyncio.Task[SlotPermit]:
    context: SlotReserveContext = Poll(queue)
    return asyncio.create_task(slots.reserve_slot(context))


async def settled(*tasks: asyncio.Task[SlotPermit]) -> list[bool]:
    """Which have their slot once every task that can continue has continued."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


def release(slots: SharedSlots, task: asyncio.Task[SlotPermit]) -> None:
    slots.release_slot(SlotReleaseContext(slot_info=None, permit=task.result()))


async def test_one_queue_gets_its_own_slot_and_all_shared_ones() -> None:
    slots = SharedSlots(2)

    tasks = [reserving(slots, "a") for _ in range(4)]

    assert await settled(*tasks) == [True, True, True, False]


async def test_a_queue_without_a_slot_gets_one_at_once() -> None:
    slots = SharedSlots(2)
    burst = [reserving(slots, "a") for _ in range(4)]
    await settled(*burst)

    other = reserving(slots, "b")

    assert await settled(other) == [True]


async def test_the_queue_with_fewest_slots_gets_the_next_before_earlier_requests() -> None:
    slots = SharedSlots(2)
    burst = [reserving(slots, "a") for _ in range(4)]
    others = [reserving(slots, "b") for _ in range(2)]
    assert await settled(*burst, *others) == [True, True, True, False, True, False]

    release(slots, burst[0])

    assert await settled(burst[3], others[1]) == [False, True]


async def test_a_cancelled_request_gets_no_slot() -> None:
    slots = SharedSlots(0)
    first, gone, last = (reserving(slots, "a") for _ in range(3))
    assert await settled(first, gone, last) == [True, False, False]

    gone.cancel()
    await settled(gone)
    release(slots, first)

    assert await settled(last) == [True]


async def test_a_slot_granted_to_a_request_that_is_cancelled_at_that_moment_is_not_lost() -> None:
    slots = SharedSlots(0)
    first, gone, last = (reserving(slots, "a") for _ in range(3))
    await settled(first, gone, last)

    release(slots, first)
    gone.cancel()

    assert await settled(last) == [True]
