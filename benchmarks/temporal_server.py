"""A Temporal dev server for a benchmark."""

from pathlib import Path

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from cli.temporal_server import find_temporal
from workflows.names import SEARCH_ATTRIBUTES


async def temporal_server(folder: Path, *flags: str) -> WorkflowEnvironment:
    """A Temporal dev server with its state in a folder; leaving its context ends it."""
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=find_temporal(),
        dev_server_database_filename=str(folder / "temporal.db"),
        dev_server_extra_args=[
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *flags,
        ],
        dev_server_log_level="error",
        data_converter=pydantic_data_converter,
        search_attributes=SEARCH_ATTRIBUTES,
    )
