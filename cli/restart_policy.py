"""How often a program that died is started again."""

from datetime import timedelta

FIRST_PAUSE = timedelta(seconds=0.25)
"""Before a restart; doubled for each earlier death within `DEATH_WINDOW`."""

MAX_DEATHS = 5
DEATH_WINDOW = timedelta(seconds=30)
"""`MAX_DEATHS` within this time end the stack. A program that dies at every start gets there, also
where a start takes 6 s; deaths that are spread out do not."""


class RestartPolicy:
    """Counts the deaths of one program in a sliding window."""

    def __init__(self) -> None:
        """Begin without deaths."""
        self._deaths: list[float] = []

    def pause_after_death(self, now: float) -> timedelta | None:
        """Count a death: how long to wait before the restart, or None to give up.

        Args:
            now: seconds of a monotonic clock.
        """
        window_start = now - DEATH_WINDOW.total_seconds()
        self._deaths = [death for death in self._deaths if death > window_start]
        pause = FIRST_PAUSE * 2 ** len(self._deaths)
        self._deaths.append(now)
        return pause if len(self._deaths) < MAX_DEATHS else None
