"""Reading request bodies within limits of size and time; their Content-Length is not trusted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from api.client_address import peer_of_scope

KIBIBYTE = 1024
CLOSE: Final = {"Connection": "close"}


@dataclass(frozen=True)
class ReadTime:
    """How long a body may take: in all, and from one part to the next."""

    whole: timedelta
    progress: timedelta


OF_A_STORE: Final = ReadTime(timedelta(seconds=10), timedelta(seconds=5))
UNAUTHENTICATED: Final = ReadTime(timedelta(seconds=5), timedelta(seconds=2))
"""A signature can be checked only when the body is there."""


async def read_whole(request: Request, limit: int, within: ReadTime = OF_A_STORE) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 408, it did not arrive in time; 413, it is over the limit.
    """
    check_length(request, limit)
    try:
        async with asyncio.timeout(min(within.whole, within.progress).total_seconds()) as waiting:
            return await _read(request, limit, within, waiting)
    except TimeoutError as error:
        raise HTTPException(408, "the body did not arrive in time", CLOSE) from error


async def _read(request: Request, limit: int, within: ReadTime, waiting: asyncio.Timeout) -> bytes:
    """The server drops what comes after the answer, so a body over the limit is not read on."""
    now = asyncio.get_running_loop().time
    body, end = bytearray(), now() + within.whole.total_seconds()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body"):
            return bytes(body)
        waiting.reschedule(min(end, now() + within.progress.total_seconds()))


def check_length(request: Request, limit: int) -> None:
    """Refuse a body that says itself that it is over the limit, before it is read.

    Raises:
        HTTPException: 413.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > len(str(limit)) or int(length) > limit):
        raise _too_large(limit)


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"the body is over {limit // KIBIBYTE} KiB")


class UnauthenticatedBodies:
    """Bodies that are read before it is known who sends them: few at a time.

    When there is no place left, the body that takes longest is answered 408. A sender that posts
    at once always finds a place; only slow ones are pushed out.
    """

    def __init__(self, total: int, of_a_peer: int) -> None:
        """Read `total` at a time, and so many of one peer."""
        self._total = total
        self._of_a_peer = of_a_peer
        self._peers: Counter[str] = Counter()
        self._reads: dict[asyncio.Timeout, str] = {}
        """Oldest first."""

    async def read(self, request: Request, limit: int) -> bytes:
        """The whole body.

        Raises:
            HTTPException: 408, it did not arrive in time, or others need its place; 413.
        """
        check_length(request, limit)
        try:
            async with self._place(peer_of_scope(request.scope)):
                return await read_whole(request, limit, UNAUTHENTICATED)
        except TimeoutError as error:
            raise HTTPException(408, "the body did not arrive in time", CLOSE) from error

    @asynccontextmanager
    async def _place(self, peer: str) -> AsyncIterator[None]:
        if self._peers[peer] >= self._of_a_peer:
            self._end_oldest(peer)
        elif len(self._reads) >= self._total:
            self._end_oldest(next(iter(self._reads.values())))
        async with asyncio.timeout(None) as place:
            self._reads[place] = peer
            self._peers[peer] += 1
            try:
                yield
            finally:
                self._remove(place)

    def _end_oldest(self, peer: str) -> None:
        place = next(place for place, holder in self._reads.items() if holder == peer)
        place.reschedule(asyncio.get_running_loop().time())
        self._remove(place)

    def _remove(self, place: asyncio.Timeout) -> None:
        peer = self._reads.pop(place, None)
        if peer is not None:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]
