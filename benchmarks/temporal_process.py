"""A Temporal dev server as a process of its own, whose processor time and memory are measured."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from benchmarks.processes import WAIT_TIMEOUT
from cli.ports import free_port
from cli.temporal_server import find_temporal
from sandbox.server import HOST
from workflows.names import SEARCH_ATTRIBUTES

POLL_INTERVAL: Final = timedelta(seconds=0.1)


@dataclass(frozen=True)
class TemporalProcess:
    """The server."""

    pid: int
    address: str
    file: Path
    """Its SQLite database, written with WAL."""
    client: Client


@asynccontextmanager
async def run_temporal(folder: Path) -> AsyncIterator[TemporalProcess]:
    """The server with its state in a folder; it is ended with the block."""
    port, file = free_port(HOST), folder / "temporal.db"
    process = await asyncio.create_subprocess_exec(*_command(port, file), stdout=subprocess.DEVNULL)
    try:
        address = f"{HOST}:{port}"
        yield TemporalProcess(process.pid, address, file, await _connected(address))
    finally:
        process.terminate()
        await process.wait()


def _command(port: int, file: Path) -> list[str]:
    attributes = (f"{each.name}={each.indexed_value_type.name}" for each in SEARCH_ATTRIBUTES)
    return [
        *(find_temporal(), "server", "start-dev", "--headless", "--log-level", "error"),
        *("--ip", HOST, "--port", str(port), "--db-filename", str(file)),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *(flag for each in attributes for flag in ("--search-attribute", _camel_case(each))),
    ]


def _camel_case(attribute: str) -> str:
    """`StoreId=KEYWORD` as the command line has it."""
    name, _, kind = attribute.partition("=")
    return f"{name}={kind.title()}"


async def _connected(address: str) -> Client:
    async with asyncio.timeout(WAIT_TIMEOUT.total_seconds()):
        while True:
            try:
                return await Client.connect(address, data_converter=pydantic_data_converter)
            except RuntimeError:
                await asyncio.sleep(POLL_INTERVAL.total_seconds())
