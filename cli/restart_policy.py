"""How often a program that died is started again."""

import signal
from datetime import timedelta
from typing import Final

FIRST_PAUSE = timedelta(seconds=0.25)
"""Before a restart; doubled for each earlier death within `DEATH_WINDOW`."""

MAX_PAUSE = timedelta(seconds=4)
"""However often it was killed: the stack is of use again soon after the last time."""

MAX_DEATHS = 5
DEATH_WINDOW = timedelta(seconds=30)
"""`MAX_DEATHS` of its own within this time end the stack. A program that dies at every start gets
there, also where a start takes 6 s; deaths that are spread out do not."""

KILLED: Final = frozenset(
    {0} | {-each for each in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
)
"""Exit codes of a program that was told to end, by a person or the kernel: it can start again."""


class RestartPolicy:
    """Counts the deaths of one program in a sliding window."""

    def __init__(self) -> None:
        """Begin without deaths."""
        self._deaths: list[tuple[float, int]] = []

    def pause_after_death(self, now: float, code: int) -> timedelta | None:
        """Count a death: how long to wait before the restart, or None to give up.

        Args:
            now: seconds of a monotonic clock.
            code: the exit code, negative for a signal.
        """
        window_start = now - DEATH_WINDOW.total_seconds()
        self._deaths = [death for death in self._deaths if death[0] > window_start]
        pause = min(FIRST_PAUSE * 2 ** len(self._deaths), MAX_PAUSE)
        self._deaths.append((now, code))
        own = [code for _, code in self._deaths if code not in KILLED]
        return pause if len(own) < MAX_DEATHS else None
