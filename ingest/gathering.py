"""Gathering: while many events come, those of one customer wait a moment for each other.

A signal costs as much with one event as with ten. Who browses does several things within a second,
so in a rush a quarter of a second saves most of the calls.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from domain.journey.identity import CustomerRef

WAIT: Final = timedelta(milliseconds=250)

MANY: Final = 16
WITHIN: Final = timedelta(milliseconds=160)
"""So many events in this time, of all stores together, are a rush: a hundred a second."""


class Gathering:
    """Customers whose events wait for each other."""

    def __init__(self, ready: Callable[[CustomerRef], None]) -> None:
        """Begin with none; `ready` is called with each whose wait is over."""
        self._ready = ready
        self._waits: dict[CustomerRef, asyncio.TimerHandle] = {}
        self._latest: deque[float] = deque(maxlen=MANY)

    def note_event(self, now: float) -> None:
        """Note an event; `now` is the event loop's time in seconds."""
        self._latest.append(now)

    def is_rush(self, now: float) -> bool:
        """Whether many events have come just now."""
        return len(self._latest) == MANY and now - self._latest[0] < WITHIN.total_seconds()

    def begin(self, customer: CustomerRef) -> None:
        """Have a customer's events wait."""
        loop = asyncio.get_running_loop()
        self._waits[customer] = loop.call_later(WAIT.total_seconds(), self.end, customer)

    def end(self, customer: CustomerRef) -> None:
        """End a customer's wait, if they wait."""
        wait = self._waits.pop(customer, None)
        if wait is not None:
            wait.cancel()
            self._ready(customer)
