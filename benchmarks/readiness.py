"""Waiting until API and workers can work."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from benchmarks.measure.processor_time import all_stats, tree
from benchmarks.processes import WAIT_TIMEOUT
from benchmarks.waiting import wait_until
from workflows.queues import TASK_QUEUES

INTERVAL: Final = timedelta(seconds=0.1)
"""The precision of how long a start takes."""


async def wait_until_ready(http: httpx.AsyncClient) -> None:
    """Wait for database, Temporal and a worker.

    Raises:
        TimeoutError: they are not ready in time.
    """

    async def is_ready() -> bool:
        return (await http.get("/health/ready")).is_success

    await wait_until(is_ready, WAIT_TIMEOUT, INTERVAL)


async def wait_until_polling(client: Client, pids: Iterable[int]) -> None:
    """Wait until each of these worker processes, or a child of it, polls the last task queue.

    Health says less: Temporal remembers for minutes the workers that have ended.

    Raises:
        TimeoutError: not in time.
    """
    for pid in pids:

        async def polls(pid: int = pid) -> bool:
            return not process_ids(await _identities(client)).isdisjoint(tree(all_stats(), pid))

        await wait_until(polls, WAIT_TIMEOUT, INTERVAL)


async def _identities(client: Client) -> list[str]:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUES[-1]),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    answer = await client.workflow_service.describe_task_queue(request)
    return [poller.identity for poller in answer.pollers]


def process_ids(identities: Iterable[str]) -> set[int]:
    """The process ids in `PID@HOST`, which the SDK gives as identities."""
    pids = (identity.partition("@")[0] for identity in identities)
    return {int(pid) for pid in pids if pid.isdecimal()}
