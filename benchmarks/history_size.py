"""How large workflows' histories are, as Temporal says."""

from collections.abc import Iterable
from typing import NamedTuple

from temporalio.client import Client, WorkflowHandle

from benchmarks.waiting import MAX_WAIT, wait_until


class HistorySize(NamedTuple):
    """Of several workflows together, each with its latest run."""

    events: int
    bytes: int


async def history_size(client: Client, workflow_ids: Iterable[str]) -> HistorySize:
    """The sum over workflows."""
    events = size = 0
    for workflow_id in workflow_ids:
        info = (await client.get_workflow_handle(workflow_id).describe()).raw_info
        events, size = events + info.history_length, size + info.history_size_bytes
    return HistorySize(events, size)


async def wait_until_idle(client: Client, workflow_ids: Iterable[str]) -> None:
    """Wait until no workflow has a workflow task to do."""
    for workflow_id in workflow_ids:
        handle = client.get_workflow_handle(workflow_id)

        async def is_idle(handle: WorkflowHandle[object, object] = handle) -> bool:
            return not (await handle.describe()).raw_description.HasField("pending_workflow_task")

        await wait_until(is_idle, MAX_WAIT)
