"""A reference's worker as a process of its own, which says when it works."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import uvloop
from temporalio.worker import Worker

from benchmarks.child_protocol import ChildFailedError
from benchmarks.processes import ROOT


async def work_until_terminated(worker: Worker) -> None:
    """Print a line when the worker works; SIGTERM ends it."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with worker:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()


def run_on_uvloop(main: Coroutine[None, None, None]) -> None:
    """What a reference's process does."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


@asynccontextmanager
async def run_bare_worker(module: str, *arguments: str) -> AsyncIterator[int]:
    """The process, once it works; gives its id."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments), cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        if process.stdout is None or not await process.stdout.readline():
            raise ChildFailedError(f"{module} did not start")
        yield process.pid
    finally:
        process.terminate()
        await process.wait()
