"""Admission: how many requests under `/v1` are in flight, before and after they prove who sends.

A request holds a place of its peer until its sender is authenticated, and one of its store from
then on. So callers without a key cannot use up what is kept for stores.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from fastapi import HTTPException, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.client_address import peer_of_scope
from api.refusal_delays import RefusalDelays, RefusalPace

TOO_MANY: Final = 429
UNAUTHORIZED: Final = 401
OPERATOR: Final = ""
"""Holds places in the name of no store."""

TOO_MANY_PACE: Final = RefusalPace(timedelta(seconds=1), timedelta(milliseconds=20))
UNAUTHORIZED_PACE: Final = RefusalPace(timedelta(0), timedelta(milliseconds=10), at_once=20)


@dataclass(frozen=True)
class AdmissionLimits:
    """Requests in flight in one process, and when a refused one is answered."""

    authenticated: int = 2000
    """Each holds a body of 64 KiB at most, and waits for its turn."""
    of_a_store: int = 256
    """A store's burst at the default rate, and more."""
    unauthenticated: int = 512
    of_a_peer: int = 256
    """More than one sender opens connections that it posts over."""
    too_many: RefusalPace = TOO_MANY_PACE
    """Of each store, or peer that is not authenticated."""
    unauthorized: RefusalPace = UNAUTHORIZED_PACE
    """Of each peer: a partner with a wrong key is told at once."""


DEFAULT_LIMITS: Final = AdmissionLimits()


@dataclass
class Connection:
    """What is known of a connection; the server hands it to requests, and reads it."""

    authenticated: bool = False
    """Whether a request over it was authenticated."""


class Places:
    """A number of places, of which each name may hold some."""

    def __init__(self, total: int, each: int) -> None:
        """At most `total` in all, `each` for a name; the operator has no limit of its own."""
        self._total = total
        self._each = each
        self._held: Counter[str] = Counter()
        self._sum = 0

    def take(self, name: str) -> bool:
        """Hold one more place; False: there is none."""
        if self._sum >= self._total or (name != OPERATOR and self._held[name] >= self._each):
            return False
        self._held[name] += 1
        self._sum += 1
        return True

    def give_back(self, name: str) -> None:
        """Hold one place less."""
        self._sum -= 1
        self._held[name] -= 1
        if not self._held[name]:
            del self._held[name]


class Visit:
    """A request, and the place that it holds."""

    def __init__(self, peer: str, authenticated: Places, connection: Connection) -> None:
        """Begin without a place."""
        self.peer = peer
        self.name = peer
        """Whose request it is: the peer's until a store, or the operator, is authenticated."""
        self._authenticated = authenticated
        self._connection = connection
        self._held: tuple[Places, str] | None = None

    def enter(self, places: Places) -> bool:
        """Take a place of the peer; False: there is none."""
        return self._take(places, self.peer)

    def authenticate(self, name: str) -> None:
        """Go on in the name of a store, or of `OPERATOR`.

        Raises:
            HTTPException: 429, as many requests of this store, or of all, are in flight.
        """
        self._connection.authenticated = True
        self.name = name
        self.leave()
        if not self._take(self._authenticated, name):
            raise too_many("too many requests at once")

    def leave(self) -> None:
        """Give back what it holds. Safe to repeat."""
        if self._held is not None:
            places, name = self._held
            places.give_back(name)
            self._held = None

    def _take(self, places: Places, name: str) -> bool:
        taken = places.take(name)
        if taken:
            self._held = (places, name)
        return taken


class Admission:
    """ASGI middleware: gives every request under `/v1` a place, or answers 429.

    Elsewhere only what authenticates its caller takes one.
    """

    def __init__(self, app: ASGIApp, limits: AdmissionLimits) -> None:
        """Pass at most as many requests to the application at a time."""
        self._app = app
        self._limits = limits
        self._authenticated = Places(limits.authenticated, limits.of_a_store)
        self._unauthenticated = Places(limits.unauthenticated, limits.of_a_peer)
        self._too_many = RefusalDelays(limits.too_many)
        self._unauthorized = RefusalDelays(limits.unauthorized)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        connection = state.get("connection") or Connection()
        visit = Visit(peer_of_scope(scope), self._authenticated, connection)
        state["visit"] = visit

        async def delay_refusal(message: Message) -> None:
            if message.get("status") == TOO_MANY:
                visit.leave()
                await self._too_many.wait(visit.name)
            elif message.get("status") == UNAUTHORIZED:
                visit.leave()
                await self._unauthorized.wait(visit.peer)
            await send(message)

        try:
            if not scope["path"].startswith("/v1/") or visit.enter(self._unauthenticated):
                await self._app(scope, receive, delay_refusal)
            else:
                await _refuse(scope, receive, delay_refusal)
        finally:
            visit.leave()


def visit_of(request: Request) -> Visit:
    """The request's own visit."""
    visit: Visit = request.state.visit
    return visit


def too_many(why: str, wait: timedelta = timedelta(0)) -> HTTPException:
    """429, with the whole seconds after which to try again: one at least."""
    return HTTPException(TOO_MANY, why, _retry_after(wait))


def _retry_after(wait: timedelta) -> dict[str, str]:
    return {"Retry-After": str(max(1, ceil(wait.total_seconds())))}


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = {"detail": "too many requests at once"}
    await JSONResponse(detail, TOO_MANY, _retry_after(timedelta(0)))(scope, receive, send)
