"""Journeys that are open while the code changes must go on as they began."""

from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from temporalio.client import WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.worker import Replayer

from temporal.client import PLAIN_CONVERTER
from tests.workflows.stories import STORIES
from workflows.recovery_journey import RecoveryJourney

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json"))


RECORDED = [pytest.param(path.read_text(), id=path.stem) for path in HISTORIES]


@pytest.mark.parametrize("recorded", RECORDED)
async def test_a_recorded_history_replays(recorded: str) -> None:
    history = WorkflowHistory.from_json("journey:shop:customer", recorded)
    replayer = Replayer(workflows=[RecoveryJourney], data_converter=PLAIN_CONVERTER)

    await replayer.replay_workflow(history)


@pytest.mark.parametrize("recorded", RECORDED)
async def test_a_recorded_history_replays_while_traces_are_on(recorded: str) -> None:
    history = WorkflowHistory.from_json("journey:shop:customer", recorded)
    replayer = Replayer(
        workflows=[RecoveryJourney],
        data_converter=PLAIN_CONVERTER,
        interceptors=[TracingInterceptor(TracerProvider().get_tracer("test"))],
    )

    await replayer.replay_workflow(history)


def test_every_story_is_recorded() -> None:
    recorded = {path.name.partition(".")[0] for path in HISTORIES}

    assert recorded >= {story.__name__ for story in STORIES}
