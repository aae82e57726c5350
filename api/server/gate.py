"""The gate: which connections may stay when there are too many of one peer, or of all."""

from collections import Counter
from itertools import chain
from typing import Protocol

from api.client_address import is_trusted, peer_of
from api.server.limits import ConnectionLimits
from settings import Network


class Guest(Protocol):
    """A connection, as the gate sees it."""

    peer: str
    """By what it is counted; empty for a trusted proxy."""

    @property
    def authenticated(self) -> bool:
        """Whether a request over it was."""

    def end(self) -> None:
        """Close it at once."""


class Gate:
    """Counts connections, and makes room by closing what waits longest without a request.

    Of the waiting ones those go first over which no request was authenticated. So connections that
    send nothing, or slowly, keep no store out.
    """

    def __init__(self, limits: ConnectionLimits, trusted: tuple[Network, ...]) -> None:
        """Begin without connections; `trusted` proxies are counted in the total alone."""
        self.limits = limits
        self._trusted = trusted
        self._guests: set[Guest] = set()
        self._peers: Counter[str] = Counter()
        self._waiting: dict[Guest, None] = {}
        """Those without a request under way, longest first."""

    def name_of(self, host: str) -> str:
        """By what the connections of a host are counted."""
        return "" if is_trusted(host, self._trusted) else peer_of(host)

    def enter(self, guest: Guest) -> bool:
        """Count a new connection; False: there is no room, and none could be made."""
        if guest.peer and self._peers[guest.peer] >= self.limits.of_a_peer:
            entered = self._make_room(guest.peer)
        elif len(self._guests) >= self.limits.total:
            entered = self._make_room(None)
        else:
            entered = True
        if entered:
            self._guests.add(guest)
            self._peers[guest.peer] += 1
            self._waiting[guest] = None
        return entered

    def leave(self, guest: Guest) -> None:
        """Count a connection no more. Safe to repeat."""
        if guest in self._guests:
            self._guests.remove(guest)
            self._waiting.pop(guest, None)
            self._peers[guest.peer] -= 1
            if not self._peers[guest.peer]:
                del self._peers[guest.peer]

    def set_waiting(self, guest: Guest, *, waits: bool) -> None:
        """Note whether a connection is without a request now; its place in line is kept."""
        if waits and guest in self._guests:
            self._waiting.setdefault(guest)
        else:
            self._waiting.pop(guest, None)

    def _make_room(self, peer: str | None) -> bool:
        """Close a waiting connection of a peer, or of any peer."""
        unknown = (each for each in self._waiting if not each.authenticated)
        for each in chain(unknown, self._waiting):
            if peer in {None, each.peer}:
                self.leave(each)
                each.end()
                return True
        return False
