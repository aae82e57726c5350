"""How many turns the processor has time for, beside others: few while it is busy."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic, process_time
from typing import Final

INTERVAL: Final = timedelta(milliseconds=100)
"""Of looking at how busy the process was since the last time."""

BUSY: Final = 0.7
"""Above this share of a processor there are half as many turns."""

IDLE: Final = 0.5
"""Below it there is one more."""


class SpareTurns:
    """A number of turns that halves while the process is busy, and grows while it is not."""

    def __init__(
        self,
        most: int,
        now: Callable[[], float] = monotonic,
        used: Callable[[], float] = process_time,
    ) -> None:
        """Begin with as many as there may be.

        Args:
            most: how many there may be.
            now: seconds of a monotonic clock.
            used: seconds of processor time that the process has used.
        """
        self._most = self._number = most
        self._now = now
        self._used = used
        self._looked = (now(), used())

    def __call__(self) -> int:
        """How many there are now."""
        now, used = self._now(), self._used()
        passed = now - self._looked[0]
        if passed >= INTERVAL.total_seconds():
            self._adapt((used - self._looked[1]) / passed, int(passed / INTERVAL.total_seconds()))
            self._looked = (now, used)
        return self._number

    def _adapt(self, share: float, intervals: int) -> None:
        if share > BUSY:
            self._number = max(1, self._number // 2)
        elif share < IDLE:
            self._number = min(self._most, self._number + intervals)
