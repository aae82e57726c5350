"""A worker's slots: who has fewest is next, and nobody is without."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from temporalio.worker import SlotPermit, SlotReleaseContext, WorkerDeploymentVersion
from temporalio.worker import SlotReserveContext as Asked

from workflows.slots import SharedSlots


@dataclass
class Asking:
    """What Temporal says of who asks."""

    task_queue: str
    slot_type: Literal["workflow", "activity", "local-activity"] = "activity"
    worker_identity: str = "worker"
    worker_build_id: str = ""
    worker_deployment_version: WorkerDeploymentVersion | None = None
    is_sticky: bool = False


def asking(slots: SharedSlots, queue: str) -> asyncio.Task[SlotPermit]:
    asked: Asked = Asking(queue)
    return asyncio.create_task(slots.reserve_slot(asked))


async def settled(*tasks: asyncio.Task[SlotPermit]) -> list[bool]:
    """Which have their slot once everything that can go on has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


def give_back(slots: SharedSlots, task: asyncio.Task[SlotPermit]) -> None:
    slots.release_slot(SlotReleaseContext(slot_info=None, permit=task.result()))


async def test_one_queue_gets_its_own_slot_and_all_that_are_shared() -> None:
    slots = SharedSlots(2)

    tasks = [asking(slots, "a") for _ in range(4)]

    assert await settled(*tasks) == [True, True, True, False]


async def test_a_queue_without_a_slot_has_one_at_once_whatever_others_have() -> None:
    slots = SharedSlots(2)
    burst = [asking(slots, "a") for _ in range(4)]
    await settled(*burst)

    other = asking(slots, "b")

    assert await settled(other) == [True]


async def test_who_has_fewest_gets_the_next_slot_though_others_asked_before() -> None:
    slots = SharedSlots(2)
    burst = [asking(slots, "a") for _ in range(4)]
    others = [asking(slots, "b") for _ in range(2)]
    assert await settled(*burst, *others) == [True, True, True, False, True, False]

    give_back(slots, burst[0])

    assert await settled(burst[3], others[1]) == [False, True]


async def test_a_slot_that_nobody_waits_for_any_more_goes_to_the_next() -> None:
    slots = SharedSlots(0)
    first, gone, last = (asking(slots, "a") for _ in range(3))
    assert await settled(first, gone, last) == [True, False, False]

    gone.cancel()
    await settled(gone)
    give_back(slots, first)

    assert await settled(last) == [True]


async def test_a_slot_granted_to_who_is_cancelled_at_that_moment_is_not_lost() -> None:
    slots = SharedSlots(0)
    first, gone, last = (asking(slots, "a") for _ in range(3))
    await settled(first, gone, last)

    give_back(slots, first)
    gone.cancel()

    assert await settled(last) == [True]
