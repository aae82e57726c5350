"""Turns: how many events of a store are processed at a time.

A store that posts alone has the machine. Beside others it has one turn, so that an event of theirs
shares the processor with one of its events at most.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final

from api.admission import too_many

ALONE: Final = 16
BESIDE_OTHERS: Final = 1
MAX_WAITING: Final = 64
"""Events of a store that wait for a turn; more are refused, so that none waits for long."""

ACTIVE: Final = timedelta(seconds=2)
"""A store counts as posting until so long after its latest event."""


@dataclass
class _Line:
    running: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    latest: float = 0.0

    def is_active(self, now: float) -> bool:
        return bool(self.running or self.waiting) or now - self.latest < ACTIVE.total_seconds()


class Turns:
    """The turns of stores in this process; first come, first served."""

    def __init__(
        self, alone: int = ALONE, waiting: int = MAX_WAITING, now: Callable[[], float] = monotonic
    ) -> None:
        """Begin without lines.

        Args:
            alone: how many turns the only one that takes any has at a time.
            waiting: how many of one name may wait.
            now: seconds of a monotonic clock.
        """
        self._alone = alone
        self._waiting = waiting
        self._now = now
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def take(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it while the block runs.

        Raises:
            HTTPException: 429, too many wait.
        """
        line = self._lines.setdefault(name, _Line())
        await self._enter(name, line)
        try:
            yield
        finally:
            self._leave(name, line)

    def require_room(self, name: str) -> None:
        """Refuse where as many wait as may.

        Raises:
            HTTPException: 429.
        """
        line = self._lines.get(name)
        if line is not None and len(line.waiting) >= self._waiting:
            raise too_many("the store posts more events than can be processed beside others'")

    async def _enter(self, name: str, line: _Line) -> None:
        line.latest = self._now()
        if not line.waiting and line.running < self._limit(name):
            line.running += 1
            return
        self.require_room(name)
        turn = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._give_up(name, line, turn)
            raise

    def _give_up(self, name: str, line: _Line, turn: asyncio.Future[None]) -> None:
        """The caller is gone; its turn may have come in the same moment."""
        if turn in line.waiting:
            line.waiting.remove(turn)
        else:
            self._leave(name, line)

    def _leave(self, name: str, line: _Line) -> None:
        line.running -= 1
        line.latest = self._now()
        while line.waiting and line.running < self._limit(name):
            line.running += 1
            line.waiting.popleft().set_result(None)

    def _limit(self, name: str) -> int:
        now = self._now()
        self._lines = {each: line for each, line in self._lines.items() if line.is_active(now)}
        return self._alone if self._lines.keys() <= {name} else BESIDE_OTHERS
