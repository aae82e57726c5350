"""Calls of a product that dies again and again: repeated until they are answered."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from clock import utc_now

FIRST_RETRY, MAX_RETRY = 0.4, 3.0
"""Seconds, doubling: hundreds of callers at once must not starve themselves."""

REPEATED: Final = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.NOT_FOUND}
)
"""Answers after which partners and Meta post again. 404: an exit may come before its journey."""


@dataclass(frozen=True)
class Answered:
    """The first answer that is final, and when the caller had it."""

    status: int
    body: Any
    at: datetime

    @property
    def acknowledged(self) -> bool:
        """Whether the product has taken it over."""
        return httpx.codes.is_success(self.status)


@dataclass
class Caller:
    """Calls until it is answered, and keeps every answer that says no."""

    http: httpx.AsyncClient
    refusals: list[bytes] = field(default_factory=list)
    """Bodies of error answers."""
    repeated: int = 0

    async def call(
        self,
        method: str,
        path: str,
        *,
        until: float | None = None,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> Answered:
        """Call again until there is a final answer.

        Args:
            method: of HTTP.
            path: of the product.
            until: for so many seconds; after that a 404 is final, and a 503 still is not.
            headers: of each call.
            content: as httpx takes it.
        """
        loop = asyncio.get_running_loop()
        deadline = None if until is None else loop.time() + until
        pause = FIRST_RETRY
        while True:
            answer = await self._once(method, path, headers, content)
            over = deadline is not None and loop.time() > deadline
            if answer is not None and _is_final(answer.status, over=over):
                return answer
            self.repeated += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, MAX_RETRY)

    async def _once(
        self, method: str, path: str, headers: Mapping[str, str] | None, content: dict[str, Any]
    ) -> Answered | None:
        try:
            answer = await self.http.request(method, path, headers=headers, **content)
        except httpx.TransportError:
            return None
        if answer.is_success:
            return Answered(
                answer.status_code, answer.json() if answer.content else None, utc_now()
            )
        self.refusals.append(answer.content)
        return Answered(answer.status_code, None, utc_now())


def _is_final(status: int, *, over: bool) -> bool:
    return status not in REPEATED or (over and status == HTTPStatus.NOT_FOUND)
