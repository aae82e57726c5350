"""Payloads: what is None is left out, and everything reads back as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

from domain.journey.activity_inputs import DeliverRequest, PlanRequest
from domain.journey.activity_results import (
    DeliverResult,
    LoadedPlan,
    MessageFailed,
    UnrecordedOutcome,
)
from domain.journey.outcomes import Ending, JourneyRecord
from domain.journey.state import JourneyState
from temporal.payload_converter import JourneyPayloadConverter

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json"))
ROOTS = (
    JourneyState,
    PlanRequest,
    LoadedPlan,
    DeliverRequest,
    DeliverResult,
    UnrecordedOutcome,
    JourneyRecord,
    MessageFailed,
    Ending,
)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def all_models() -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting: set[type[BaseModel]] = set(ROOTS)
    while waiting:
        model = waiting.pop()
        found.add(model)
        parts = (field.annotation for field in model.model_fields.values())
        waiting |= {each for part in parts for each in models_in(part)} - found
    return found


def nullable_fields() -> Iterator[tuple[str, FieldInfo]]:
    for model in all_models():
        for name, field in model.model_fields.items():
            if type(None) in get_args(field.annotation):
                yield f"{model.__name__}.{name}", field


def test_a_field_that_may_be_none_is_none_where_it_is_left_out() -> None:
    defaults = {name: field.get_default() for name, field in nullable_fields()}

    assert len(defaults) > 20
    assert set(defaults.values()) == {None}


def payloads(history: WorkflowHistory) -> Iterator[tuple[type[BaseModel], Payload]]:
    for event in history.events:
        started = event.workflow_execution_started_event_attributes
        scheduled = event.activity_task_scheduled_event_attributes
        completed = event.activity_task_completed_event_attributes
        yield from ((JourneyState, each) for each in started.input.payloads)
        yield from ((DeliverRequest, each) for each in scheduled.input.payloads)
        yield from ((DeliverResult, each) for each in completed.result.payloads)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_what_a_history_holds_reads_back_equal_and_is_no_longer(path: Path) -> None:
    converter = JourneyPayloadConverter()
    history = WorkflowHistory.from_json("journey:shop:customer", path.read_text())

    for model, recorded in payloads(history):
        [value] = converter.from_payloads([recorded], [model])
        [written] = converter.to_payloads([value])

        assert converter.from_payloads([written], [model]) == [value]
        assert b"null" not in written.data
        assert len(written.data) <= len(recorded.data)


def test_every_converter_shares_its_encoders() -> None:
    first, second = JourneyPayloadConverter(), JourneyPayloadConverter()

    assert list(first.converters.values()) == list(second.converters.values())
