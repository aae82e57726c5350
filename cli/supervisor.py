"""Keeps the stack's processes alive, and ends all of them together."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

from cli.child import Child, Program
from cli.errors import ChildFailedError, CommandError, Interrupted
from cli.restart_policy import DEATH_WINDOW, MAX_DEATHS, RestartPolicy

CHILD_STOP_TIMEOUT = timedelta(seconds=2.5)
"""How long a child may take before the next one gets its SIGTERM too."""

STOP_TIMEOUT = timedelta(seconds=8)
"""From the first SIGTERM to SIGKILL, for all children together."""

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Echo = Callable[[str], None]
"""Prints a line for the user."""


class Supervisor:
    """An async context: inside it children are kept alive, at its end all of them end.

    The block is cancelled when a signal asks to stop, or when a child dies again and again; the
    context then raises `Interrupted` or `ChildFailedError`.
    """

    def __init__(
        self,
        echo: Echo,
        now: Callable[[], float] = time.monotonic,
        *,
        grace: timedelta | None = None,
    ) -> None:
        """Keep no children yet.

        Args:
            echo: prints what happens to them.
            now: seconds of a monotonic clock.
            grace: how long they may take to end, all at once; None: `STOP_TIMEOUT`, in order.
        """
        self._echo = echo
        self._now = now
        self._grace = grace
        self._children: dict[str, Child] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._interruption: CommandError | Interrupted | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        """Handle SIGTERM and SIGINT."""
        loop = asyncio.get_running_loop()
        self._block = asyncio.current_task()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, self._interrupt, Interrupted(number))
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        """End every child; signals that come meanwhile are ignored."""
        self._closing = True
        if error is None or isinstance(error, asyncio.CancelledError):
            self._echo("stopping")
        await self._end_children()
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        if self._interruption is not None and self._block is not None:
            self._block.uncancel()
            raise self._interruption from None

    async def start(self, program: Program) -> None:
        """Start a program and keep it alive from here on."""
        self._children[program.name] = await Child.start(program)
        self._keepers.append(asyncio.create_task(self._keep(program)))

    def pid(self, name: str) -> int:
        """The process that currently is the child of that name."""
        return self._children[name].pid

    def log_tails(self) -> str:
        """The end of each child's log."""
        return "\n".join(
            f"--- {child.program.log_name}\n{child.log_tail()}" for child in self._children.values()
        )

    def _interrupt(self, why: CommandError | Interrupted) -> None:
        if not self._closing and self._interruption is None and self._block is not None:
            self._interruption = why
            self._block.cancel()

    async def _keep(self, program: Program) -> None:
        """Restart a program each time it dies, until it dies too often or the context ends."""
        policy = RestartPolicy()
        while True:
            code = await self._children[program.name].wait()
            if self._closing:
                return
            pause = policy.pause_after_death(self._now(), code)
            if pause is None:
                self._interrupt(_child_failed(self._children[program.name], code))
                return
            self._echo(f"{program.name} ended unexpectedly ({_reason(code)}); starting it again")
            await asyncio.sleep(pause.total_seconds())
            self._children[program.name] = await Child.start(program)

    async def _end_children(self) -> None:
        """Ask each to end, the last started first; kill what remains after the grace."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        running = [child for child in reversed(self._children.values()) if child.is_running]
        with suppress(TimeoutError):
            async with asyncio.timeout((self._grace or STOP_TIMEOUT).total_seconds()):
                await (_terminate_in_order if self._grace is None else _terminate)(running)
        for child in running:
            child.kill()
        await asyncio.gather(*(child.wait() for child in running))


async def _terminate_in_order(running: list[Child]) -> None:
    for child in running:
        child.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(CHILD_STOP_TIMEOUT.total_seconds()):
                await child.wait()
    await asyncio.gather(*(child.wait() for child in running))


async def _terminate(running: list[Child]) -> None:
    for child in running:
        child.terminate()
    await asyncio.gather(*(child.wait() for child in running))


def _child_failed(child: Child, code: int) -> ChildFailedError:
    program = child.program
    return ChildFailedError(
        f"{program.name} ended {MAX_DEATHS} times within {DEATH_WINDOW.seconds} s, last with "
        f"{_reason(code)}. The end of {program.log_name}:\n{child.log_tail()}"
    )


def _reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
