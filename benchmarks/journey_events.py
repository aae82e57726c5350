"""Which events a journey was told in which order, read from its history in Temporal."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client


async def told_events(client: Client, workflow_id: str) -> list[str]:
    """The ids of events with which a workflow's latest run was started and signalled."""
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    return told_in(history.events)


def told_in(events: Iterable[HistoryEvent]) -> list[str]:
    """The same of a history. An event that was told twice counts where it came first."""
    found = (
        event_id
        for event in events
        for payload in _input(event)
        for event_id in event_ids(json.loads(payload.data))
    )
    return list(dict.fromkeys(found))


def _input(event: HistoryEvent) -> Sequence[Payload]:
    if event.HasField("workflow_execution_started_event_attributes"):
        return event.workflow_execution_started_event_attributes.input.payloads
    if event.HasField("workflow_execution_signaled_event_attributes"):
        return event.workflow_execution_signaled_event_attributes.input.payloads
    return ()


def event_ids(value: Any) -> Iterator[str]:
    """Every `event_id` in a JSON value, however deep, in its order."""
    if isinstance(value, dict):
        if isinstance(own := value.get("event_id"), str):
            yield own
        for each in value.values():
            yield from event_ids(each)
    elif isinstance(value, list):
        for each in value:
            yield from event_ids(each)
