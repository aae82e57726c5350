"""What a workflow costs in Temporal: history events and workflow tasks."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

MAX_DURATION: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Cost:
    """The history events and workflow tasks of one workflow, all its runs together."""

    events: int
    tasks: int


async def measure_cost(client: Client, workflow_id: str) -> Cost:
    """Wait for a workflow to end, then count over all its runs."""
    await wait_until_ended(client, workflow_id)
    events = tasks = 0
    async for run in client.list_workflows(f"WorkflowId = '{workflow_id}'"):
        handle = client.get_workflow_handle(workflow_id, run_id=run.run_id)
        for event in (await handle.fetch_history()).events:
            events += 1
            tasks += event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    return Cost(events, tasks)


async def wait_until_ended(client: Client, workflow_id: str) -> None:
    """Wait for the last run to end.

    Raises:
        TimeoutError: it has not ended within `MAX_DURATION`.
    """
    async with asyncio.timeout(MAX_DURATION.total_seconds()):
        await client.get_workflow_handle(workflow_id).result()
