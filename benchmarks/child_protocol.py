"""A task in a process of its own: one line is its input, one starts it, one is its result.

Standard input and output carry them. The process is ready when it has written a line of its own,
so that its start is not part of what is measured.
"""

import asyncio
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import uvloop
from pydantic import BaseModel

from benchmarks.processes import ROOT

READY: Final = b"ready\n"
MAX_LINE: Final = 2**26
Task = TypeVar("Task", bound=BaseModel)
Answer = TypeVar("Answer", bound=BaseModel)


class ChildFailedError(Exception):
    """A process did not do its task."""


def run_task(task: type[Task], perform: Callable[[Task], Awaitable[BaseModel]]) -> None:
    """What the child does."""
    parsed = task.model_validate_json(sys.stdin.readline())
    sys.stdout.write(READY.decode())
    sys.stdout.flush()
    if sys.stdin.readline():  # nothing comes when the parent has ended

        async def perform_task() -> BaseModel:
            return await perform(parsed)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            sys.stdout.write(runner.run(perform_task()).model_dump_json() + "\n")
        sys.stdout.flush()
        sys.stdin.readline()  # it stays, so that its processor time can be read


@dataclass(frozen=True)
class Child:
    """The process, as its parent sees it."""

    process: Process

    @property
    def pid(self) -> int:
        """Its id."""
        return self.process.pid

    async def perform(self, answer: type[Answer]) -> Answer:
        """Start the task, and wait for its result.

        Raises:
            ChildFailedError: the process ended without one.
        """
        stdin, stdout = _pipes(self.process)
        stdin.write(b"go\n")
        if not (line := await stdout.readline()):
            raise ChildFailedError("the process ended without a result")
        return answer.model_validate_json(line)


@asynccontextmanager
async def ready_child(module: str, task: BaseModel) -> AsyncIterator[Child]:
    """A module as a process that has read its task; it is ended with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=MAX_LINE,
    )
    try:
        stdin, stdout = _pipes(process)
        stdin.write(task.model_dump_json().encode() + b"\n")
        if await stdout.readline() != READY:
            raise ChildFailedError(f"{module} did not start")
        yield Child(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("started without pipes")
    return process.stdin, process.stdout
