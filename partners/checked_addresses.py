"""The addresses of hosts that were checked, for as long as they stand."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

LIFETIME: Final = timedelta(seconds=30)
"""How long a host is called at its address before it is resolved anew: connections to it are reused
meanwhile, and a partner who moves waits no longer than this."""

MAX_HOSTS: Final = 10_000
"""Beyond this the host that was checked first is forgotten."""


class CheckedAddresses:
    """An address of each host and port that may be called. Refusals are not kept."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Know none yet; `now` gives seconds."""
        self._now = now
        self._kept = dict[tuple[str, int], tuple[str, float]]()

    def find(self, host: str, port: int) -> str | None:
        """The address that was checked for a host; None: it must be resolved."""
        address, until = self._kept.get((host, port), (None, 0.0))
        return address if self._now() < until else None

    def keep(self, host: str, port: int, address: str) -> None:
        """Take an address that may be called."""
        self._kept.pop((host, port), None)
        self._kept[host, port] = (address, self._now() + LIFETIME.total_seconds())
        if len(self._kept) > MAX_HOSTS:
            del self._kept[next(iter(self._kept))]
