"""One worker process of the benchmark of faults, as the benchmark sees it."""

import asyncio
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from pydantic import BaseModel

from benchmarks.fault_protocol import SendAnswer, SendCommand
from benchmarks.processes import ROOT


@dataclass(eq=False)
class WorkerProcess:
    """A process from start to end."""

    process: Process
    in_flight: dict[int, SendCommand] = field(default_factory=dict)
    answered: int = 0
    killed: bool = False

    def write(self, line: BaseModel) -> None:
        """Write a line to its input."""
        with suppress(ConnectionError):  # it just died, which its output will show
            self._stdin.write(line.model_dump_json().encode() + b"\n")

    async def answers(self) -> AsyncIterator[SendAnswer]:
        """The lines of its output until it ends; half a line of a killed process is dropped."""
        if self.process.stdout is None:
            raise ValueError("started without a pipe")
        while (line := await self.process.stdout.readline()).endswith(b"\n"):
            yield SendAnswer.model_validate_json(line)

    def close(self) -> None:
        """Close its input, which ends it."""
        self._stdin.close()

    def kill(self) -> None:
        """SIGKILL."""
        self.killed = True
        self.process.kill()

    async def wait(self) -> None:
        """Wait for its end.

        Raises:
            RuntimeError: it failed although it was not killed.
        """
        await self.process.wait()
        if self.process.returncode and not self.killed:
            raise RuntimeError(f"a worker ended by itself: {self.process.returncode}")

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        if self.process.stdin is None:
            raise ValueError("started without a pipe")
        return self.process.stdin


@asynccontextmanager
async def run_fault_worker() -> AsyncIterator[WorkerProcess]:
    """A worker process, which is killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.fault_worker"),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield WorkerProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
