import json
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.history.v1 import (
    HistoryEvent,
    TimerStartedEventAttributes,
    WorkflowExecutionSignaledEventAttributes,
    WorkflowExecutionStartedEventAttributes,
)

from benchmarks.journey_events import event_ids, told_in


def payloads(*values: Any) -> Payloads:
    return Payloads(payloads=[Payload(data=json.dumps(value).encode()) for value in values])


def started(value: Any) -> HistoryEvent:
    attributes = WorkflowExecutionStartedEventAttributes(input=payloads(value))
    return HistoryEvent(workflow_execution_started_event_attributes=attributes)


def signalled(*values: Any) -> HistoryEvent:
    attributes = WorkflowExecutionSignaledEventAttributes(input=payloads(*values))
    return HistoryEvent(workflow_execution_signaled_event_attributes=attributes)


TIMER = HistoryEvent(timer_started_event_attributes=TimerStartedEventAttributes(timer_id="1"))


def test_event_ids_are_found_however_deep_in_their_order() -> None:
    state = {"store_id": "s", "pending": [{"event_id": "1", "next": {"event_id": "2"}}, 7]}

    assert list(event_ids(state)) == ["1", "2"]


def test_a_journey_was_told_by_its_start_and_by_signals() -> None:
    history = [
        started({"pending": [{"event_id": "1"}]}),
        signalled({"event_id": "2"}),
        TIMER,
        signalled([{"event_id": "3"}, {"event_id": "4"}]),
    ]

    assert told_in(history) == ["1", "2", "3", "4"]


def test_an_event_told_twice_counts_where_it_came_first() -> None:
    history = [
        started({"event_id": "1"}),
        signalled({"event_id": "2"}),
        signalled({"event_id": "1"}),
    ]

    assert told_in(history) == ["1", "2"]
