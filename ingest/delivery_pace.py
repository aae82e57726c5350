"""How many deliveries are under way at once: few while events come faster than they are answered.

A partner waits for the answer, and not for the delivery. Both share one event loop and one
machine. So the measure is how late the loop is, and how long events take to be stored: while that
is long, and events are being accepted, the deliveries halve, down to one at each look. What waits
then gathers by customer, and needs fewer calls later.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

MAX: Final = 32
"""Calls to Temporal under way; more do not make it faster."""

INTERVAL: Final = timedelta(milliseconds=20)
"""Of looking how late the loop is."""

LATE: Final = timedelta(milliseconds=6)
"""Of the loop."""

SLOW: Final = timedelta(milliseconds=30)
"""For an event to be stored."""

STEP: Final = 2
"""So many more at each look at a loop that is in time."""


class DeliveryPace:
    """A limit that follows the lateness of the event loop, while there is something to deliver."""

    def __init__(
        self,
        accepted: Callable[[], int],
        waited: Callable[[], timedelta],
        turn: Callable[[], bool],
    ) -> None:
        """Begin with all.

        Args:
            accepted: counts events that were accepted so far.
            waited: how long the latest of them took to be stored.
            turn: called at each look, to begin a delivery if none is under way; whether there is
                anything left to deliver.
        """
        self.limit = MAX
        self._accepted = accepted
        self._waited = waited
        self._turn = turn
        self._seen = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look from now on, for as long as there is something to deliver."""
        if self._timer is None:
            self._seen = self._accepted()
            self._look_again(asyncio.get_running_loop())

    @property
    def is_high(self) -> bool:
        """Whether there is time to spare."""
        return self.limit > MAX // 2

    def adapt(self, lateness: timedelta) -> None:
        """Look once."""
        accepted = self._accepted()
        is_posted, self._seen = accepted != self._seen, accepted
        if is_posted and (lateness > LATE or self._waited() > SLOW):
            self.limit //= 2
        else:
            self.limit = min(MAX, self.limit + STEP)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + INTERVAL.total_seconds()
        self._timer = loop.call_at(due, self._look, loop, due)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._timer = None
        self.adapt(timedelta(seconds=loop.time() - due))
        if self._turn():
            self._look_again(loop)
        else:
            self.limit = MAX
