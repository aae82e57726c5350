"""Turns: how many events of a store are processed at a time.

A store that posts alone has all turns. Beside others it has as many as the processor has time for,
so a store whose database is far away is not slowed down. A store whose events wait in line lets
stores with fewer waiting events pass. So a flood of one store costs another what is left of the
events under way, not a share of the processor.
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

AT_ONCE: Final = 8
MAX_WAITING: Final = 240
"""Events of a store that wait for a turn: more than its burst has, and as many connections."""

MAX_YIELDING: Final = timedelta(milliseconds=100)
"""How long a store lets others pass, since its latest turn began: it goes on beside any number."""

ACTIVE: Final = timedelta(seconds=2)
"""A store counts as posting until so long after its latest event."""


@dataclass
class _Line:
    running: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    began: float = 0.0
    """When its latest turn did."""
    latest: float = 0.0
    """When it last had an event."""

    def is_active(self, now: float) -> bool:
        return bool(self.running or self.waiting) or now - self.latest < ACTIVE.total_seconds()

    def lets_pass(self, other: "_Line") -> bool:
        return other.running > 0 and len(other.waiting) < len(self.waiting)

    def begin(self, now: float) -> None:
        self.running += 1
        self.began = now


class Turns:
    """The turns of stores in this process; first come, first served."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        waiting: int = MAX_WAITING,
        beside_others: Callable[[], int] | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Begin without lines.

        Args:
            at_once: how many turns a name has at a time.
            waiting: how many of one name may wait.
            beside_others: how many turns a name has while others take some, too; none: as many.
            now: seconds of a monotonic clock.
        """
        self._at_once = at_once
        self._waiting = waiting
        self._beside_others = beside_others or (lambda: at_once)
        self._now = now
        self._lines: dict[str, _Line] = {}
        self._tidied_at = 0.0

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
            self._leave(line)

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
        self._forget_idle()
        if not line.waiting and self._may_begin(line):
            line.begin(self._now())
            return
        self.require_room(name)
        turn = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._give_up(line, turn)
            raise

    def _give_up(self, line: _Line, turn: asyncio.Future[None]) -> None:
        """The caller is gone; its turn may have come in the same moment."""
        if not turn.cancelled():
            self._leave(line)
        elif turn in line.waiting:
            line.waiting.remove(turn)

    def _leave(self, line: _Line) -> None:
        line.running -= 1
        line.latest = self._now()
        waiting = [each for each in self._lines.values() if each.waiting]
        for each in sorted(waiting, key=lambda each: len(each.waiting)):
            while each.waiting and self._may_begin(each):
                turn = each.waiting.popleft()
                if not turn.done():  # a cancelled caller has not left the line yet
                    each.begin(self._now())
                    turn.set_result(None)

    def _forget_idle(self) -> None:
        """Forget lines of the past, not at every event: there may be thousands."""
        now = self._now()
        if now - self._tidied_at < ACTIVE.total_seconds() / 2:
            return
        self._tidied_at = now
        self._lines = {name: line for name, line in self._lines.items() if line.is_active(now)}

    def _may_begin(self, line: _Line) -> bool:
        now = self._now()
        others = [each for each in self._lines.values() if each is not line and each.is_active(now)]
        if not others:
            return line.running < self._at_once
        yields = now - line.began < MAX_YIELDING.total_seconds()
        if yields and any(line.lets_pass(other) for other in others):
            return False
        return line.running < min(self._at_once, self._beside_others())
