"""A limit on wrong tokens: how often one peer may guess."""

from collections import OrderedDict
from datetime import datetime, timedelta

from starlette.requests import Request

from api.client_address import peer_of_scope
from clock import Clock

MAX_FAILURES = 10
WINDOW = timedelta(minutes=1)
MAX_PEERS = 1000
"""How many peers are remembered; of more, the one that failed longest ago is forgotten."""


class SignInAttempts:
    """Counts failures by peer, in this process."""

    def __init__(self, clock: Clock) -> None:
        """Take the time from this clock."""
        self._clock = clock
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()

    def are_too_many(self, request: Request) -> bool:
        """Whether this peer failed so often that it must wait."""
        return len(self._recent(peer_of_scope(request.scope))) >= MAX_FAILURES

    def record_failure(self, request: Request) -> None:
        """Count a wrong token."""
        peer = peer_of_scope(request.scope)
        self._failures[peer] = [*self._recent(peer), self._clock()]
        self._failures.move_to_end(peer)
        if len(self._failures) > MAX_PEERS:
            self._failures.popitem(last=False)

    def _recent(self, peer: str) -> list[datetime]:
        since = self._clock() - WINDOW
        return [failed for failed in self._failures.get(peer, ()) if failed > since]
