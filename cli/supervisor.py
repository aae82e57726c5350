"""Keeps the stack's processes alive, and ends all of them together."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

from cli.child import Child, Program
from cli.errors import ChildFailedError, CommandError, Interrupted

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=0.25), timedelta(seconds=4)
"""Before a restart, doubling."""

QUICK_DEATHS = 5
"""So many deaths in a row, each within `LIVED_LONG`, are not an accident."""

LIVED_LONG = timedelta(seconds=10)
TURN = timedelta(seconds=2.5)
"""How long the next one waits for the one before it to end."""

KILL_AFTER = timedelta(seconds=8)
"""From the first SIGTERM on, for all of them together."""

_ENDING = (signal.SIGTERM, signal.SIGINT)
Say = Callable[[str], None]


class Supervisor:
    """An async context: inside it children are kept alive, at its end all of them end.

    The block itself is cancelled when a signal asks for the end, or when a child dies again
    and again; the context then raises `Interrupted` or `ChildFailedError`.
    """

    def __init__(self, say: Say) -> None:
        """Tell what happens to the children through `say`."""
        self._say = say
        self._children: dict[str, Child] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._interruption: CommandError | Interrupted | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        """Take over the signals that end a program."""
        loop = asyncio.get_running_loop()
        self._block = asyncio.current_task()
        for number in _ENDING:
            loop.add_signal_handler(number, self._interrupt, Interrupted(number))
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        """End every child; signals that come meanwhile change nothing any more."""
        self._closing = True
        if error is None or isinstance(error, asyncio.CancelledError):
            self._say("stopping")
        await self._end_children()
        for number in _ENDING:
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

    def last_words(self) -> str:
        """What each child said last, for when they do not get on together."""
        return "\n".join(
            f"--- {child.program.log}\n{child.last_words()}" for child in self._children.values()
        )

    def _interrupt(self, why: CommandError | Interrupted) -> None:
        if not self._closing and self._interruption is None and self._block is not None:
            self._interruption = why
            self._block.cancel()

    async def _keep(self, program: Program) -> None:
        """Restart a program each time it dies, until it dies too often or all is to end."""
        loop, deaths = asyncio.get_running_loop(), 0
        while True:
            started = loop.time()
            code = await self._children[program.name].ended()
            if self._closing:
                return
            deaths = 1 if loop.time() - started >= LIVED_LONG.total_seconds() else deaths + 1
            if deaths >= QUICK_DEATHS:
                self._interrupt(_given_up(self._children[program.name], code))
                return
            pause = min(FIRST_PAUSE * 2 ** (deaths - 1), LONGEST_PAUSE)
            self._say(f"{program.name} ended unexpectedly ({_told(code)}); starting it again")
            await asyncio.sleep(pause.total_seconds())
            self._children[program.name] = await Child.start(program)

    async def _end_children(self) -> None:
        """The last started first, each given its turn; after `KILL_AFTER` no more asking."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        running = [child for child in reversed(self._children.values()) if child.runs]
        with suppress(TimeoutError):
            async with asyncio.timeout(KILL_AFTER.total_seconds()):
                await _end_in_turn(running)
        for child in running:
            child.kill()
        await asyncio.gather(*(child.ended() for child in running))


async def _end_in_turn(running: list[Child]) -> None:
    for child in running:
        child.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(TURN.total_seconds()):
                await child.ended()
    await asyncio.gather(*(child.ended() for child in running))


def _given_up(child: Child, code: int) -> ChildFailedError:
    program = child.program
    return ChildFailedError(
        f"{program.name} ended {QUICK_DEATHS} times in a row, last with {_told(code)}. "
        f"The end of {program.log}:\n{child.last_words()}"
    )


def _told(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
