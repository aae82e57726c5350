"""How long a workflow's activities took, from its history."""

from datetime import timedelta

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle


async def activity_durations(
    handle: WorkflowHandle[object, object], activity_type: str
) -> list[timedelta]:
    """From start to end of each completed activity of a type."""
    events = list((await handle.fetch_history()).events)
    ends = [event for event in events if event.HasField("activity_task_completed_event_attributes")]
    return [_duration(events, end) for end in ends if _type(events, end) == activity_type]


def _type(events: list[HistoryEvent], end: HistoryEvent) -> str:
    scheduled = events[end.activity_task_completed_event_attributes.scheduled_event_id - 1]
    name: str = scheduled.activity_task_scheduled_event_attributes.activity_type.name
    return name


def _duration(events: list[HistoryEvent], end: HistoryEvent) -> timedelta:
    started = events[end.activity_task_completed_event_attributes.started_event_id - 1]
    return end.event_time.ToDatetime() - started.event_time.ToDatetime()
