"""One process of the stack: started, watched, ended."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from cli.parent_death import end_with_parent

TAIL_LINES = 25
TAIL_BYTES = 16 * 1024


@dataclass(frozen=True)
class Program:
    """What to run, and where its output goes."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path | None
    """None: the output is this process's."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when this process dies (Linux only)."""

    @property
    def log_name(self) -> str:
        """How the log is called in messages."""
        return "its output" if self.log is None else str(self.log)


class Child:
    """A running program, in a process group of its own so that a terminal's Ctrl-C misses it."""

    def __init__(self, program: Program, process: Process, log_starts_at: int) -> None:
        """Take over a process that was just started."""
        self.program = program
        self._process = process
        self._log_starts_at = log_starts_at

    @classmethod
    async def start(cls, program: Program) -> "Child":
        """Start the program, its output appended to its log.

        On Linux the kernel ends it when the thread that forked ends: call this from the main
        thread.
        """
        if program.log is not None:
            program.log.parent.mkdir(parents=True, exist_ok=True)
        with nullcontext() if program.log is None else program.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=DEVNULL,
                stdout=log,
                stderr=None if log is None else STDOUT,
                env=dict(program.environment),
                process_group=0,
                preexec_fn=end_with_parent(program.orphan_signal),
            )
            return cls(program, process, 0 if log is None else log.tell())

    @property
    def pid(self) -> int:
        """The process's id, which is also its group's."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        return await self._process.wait()

    def terminate(self) -> None:
        """Send SIGTERM to its process group."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to its process group."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def log_tail(self) -> str:
        """The end of what this process wrote, without the output of earlier ones."""
        if self.program.log is None:
            return ""
        with self.program.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_starts_at, end - TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])
