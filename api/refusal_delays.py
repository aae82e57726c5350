"""Delays of refusals: senders that send again at once would spend the processor on them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final

MAX_NAMES: Final = 1000
"""Of which it is remembered when their next refusal is due."""


@dataclass(frozen=True)
class RefusalPace:
    """When refusals of one name are answered."""

    delay: timedelta
    """Of each."""
    interval: timedelta
    """Between two, or many that were refused together would come back together."""
    at_once: int = 1
    """How many may come together before the interval holds."""
    most: timedelta = timedelta(seconds=5)
    """Of the wait: senders give up after some seconds, and would not read when to try again."""
    waiting: int = 1000
    """Of all names; what is beyond is not delayed, since each holds a connection."""


class RefusalDelays:
    """Refusals that wait to be answered."""

    def __init__(self, pace: RefusalPace, now: Callable[[], float] = monotonic) -> None:
        """Wait at this pace.

        Args:
            pace: of each name.
            now: seconds of a monotonic clock.
        """
        self._pace = pace
        self._now = now
        self._waiting = 0
        self._due: dict[str, float] = {}
        """When the refusals of a name that are known would be over, one in each interval."""

    async def wait(self, name: str) -> None:
        """Wait until a refusal of this name may be answered."""
        if self._waiting >= self._pace.waiting:
            return
        self._waiting += 1
        try:
            await asyncio.sleep(self.seconds(name))
        finally:
            self._waiting -= 1

    def seconds(self, name: str) -> float:
        """How long a refusal of this name waits from now; each call counts one."""
        now, interval = self._now(), self._pace.interval.total_seconds()
        if len(self._due) >= MAX_NAMES:
            self._due = {each: due for each, due in self._due.items() if due > now}
        due = self._due[name] = max(self._due.get(name, now), now) + interval
        beyond = max(0.0, due - now - self._pace.at_once * interval)
        return min(self._pace.delay.total_seconds() + beyond, self._pace.most.total_seconds())
