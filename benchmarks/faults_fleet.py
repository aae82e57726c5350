"""Workers of the benchmark of faults: some of them are killed, and others take over."""

import asyncio
import random
import subprocess
import sys
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults_worker import Done, Order, World

ROOT = Path(__file__).parents[1]
WORKERS = 3
AT_ONCE = 8
"""Messages that one worker is sending at any time."""


@dataclass(eq=False)
class _Life:
    """One worker process, from start to end."""

    process: Process
    under_way: dict[int, Order] = field(default_factory=dict)
    answered: int = 0
    killed: bool = False


class Fleet:
    """Has all messages sent, whichever worker dies."""

    def __init__(
        self, world: World, orders: Iterable[Order], kill_at: Iterable[int], chance: random.Random
    ) -> None:
        """Take what is to be sent, and after how many answers to kill a worker."""
        self._world = world
        self._waiting = deque(orders)
        self._sends = len(self._waiting)
        self._kill_at = deque(kill_at)
        self._chance = chance
        self._lives: set[_Life] = set()
        self.kills = 0
        self.interrupted: set[int] = set()
        """Messages that a worker was sending when it was killed."""
        self.answers: dict[int, str] = {}
        """What the journeys were told."""

    async def run(self) -> None:
        """Return when every message has its answer."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._keep_one())

    async def _keep_one(self) -> None:
        """One worker after the other, as a supervisor does."""
        while not self._done:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.faults_worker"),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            try:
                await self._live(_Life(process))
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    @property
    def _done(self) -> bool:
        return len(self.answers) == self._sends

    async def _live(self, life: _Life) -> None:
        self._lives.add(life)
        _tell(life, self._world.model_dump_json())
        self._feed(life)
        self._end_if_done()  # the last answer may have come while this one was started
        try:
            while (line := await _out(life).readline()).endswith(b"\n"):
                self._take(life, Done.model_validate_json(line))
        finally:
            self._lives.discard(life)
        await life.process.wait()
        if life.process.returncode and not life.killed:
            raise RuntimeError(f"a worker ended by itself: {life.process.returncode}")
        self._take_over(life)

    def _feed(self, life: _Life) -> None:
        while self._waiting and len(life.under_way) < AT_ONCE and not life.killed:
            order = self._waiting.popleft()
            life.under_way[order.number] = order
            _tell(life, order.model_dump_json())

    def _take(self, life: _Life, done: Done) -> None:
        del life.under_way[done.number]
        life.answered += 1
        self.answers[done.number] = done.answer
        if self._kill_at and len(self.answers) >= self._kill_at[0]:
            self._kill_one()
        self._feed(life)
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._done:
            for each in self._lives:
                _in(each).close()

    def _kill_one(self) -> None:
        """SIGKILL, no last words, to a worker in the middle of sending; else after the next."""
        busy = [
            each for each in self._lives if each.answered and each.under_way and not each.killed
        ]
        if not busy:
            return
        self._kill_at.popleft()
        victim = self._chance.choice(sorted(busy, key=lambda each: each.process.pid))
        victim.killed = True
        victim.process.kill()
        self.kills += 1

    def _take_over(self, life: _Life) -> None:
        """What a dead worker left is tried again at once, where Temporal would wait 30 seconds."""
        self.interrupted.update(life.under_way)
        self._waiting.extendleft(life.under_way.values())
        for each in self._lives:
            self._feed(each)


def _tell(life: _Life, line: str) -> None:
    with suppress(ConnectionError):  # it just died, which its output tells
        _in(life).write(line.encode() + b"\n")


def _in(life: _Life) -> asyncio.StreamWriter:
    if life.process.stdin is None:
        raise ValueError("started without a pipe")
    return life.process.stdin


def _out(life: _Life) -> asyncio.StreamReader:
    if life.process.stdout is None:
        raise ValueError("started without a pipe")
    return life.process.stdout
