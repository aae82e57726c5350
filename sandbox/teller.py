"""Posts what a strange Meta has to tell: late, in batches, out of order, some of it twice."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from sandbox.strange import Said
from sandbox.telling import Told, Update, notification, signature

GATHER: Final = timedelta(milliseconds=100)
"""What comes due within it shares a notification."""

AGAIN: Final = timedelta(milliseconds=500)
"""Meta repeats, for seven days, what was not answered 200."""

POSTED_TWICE, FORGED = 0.1, 0.1
"""Of all notifications: posted again though answered; posted before by somebody else, too."""

PATIENCE: Final = timedelta(seconds=30)


class Teller:
    """Tells a webhook, and remembers what was answered 200, and when."""

    def __init__(self, webhook_url: str, app_secret: str, seed: int) -> None:
        """Tell this address, signing with this secret."""
        self._url = webhook_url
        self._secret = app_secret
        self._chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._http = httpx.AsyncClient(trust_env=False, timeout=PATIENCE.total_seconds())
        self._outbox: list[Update] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.told: list[Told] = []

    @property
    def waiting(self) -> int:
        """How much is still to be done."""
        return len(self._tasks)

    async def tell(self, said: Iterable[Said]) -> None:
        """Tell at once what comes before the answer, and see to the rest later."""
        now = list[Update]()
        for each in said:
            if each.after is None:
                now.append(each.update)
            else:
                self._later(each.update, each.after)
        if now:
            await self._post(now)

    async def drained(self) -> None:
        """Return when everything was told."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Tell nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    def _later(self, update: Update, seconds: float) -> None:
        task = asyncio.create_task(self._when_due(update, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _when_due(self, update: Update, seconds: float) -> None:
        """Whoever finds the outbox full goes with the one who fills it."""
        await asyncio.sleep(seconds)
        self._outbox.append(update)
        if len(self._outbox) > 1:
            return
        await asyncio.sleep(GATHER.total_seconds())
        batch, self._outbox = self._outbox, []
        self._chance.shuffle(batch)
        await self._post(batch)

    async def _post(self, updates: Sequence[Update]) -> None:
        body = notification(updates)
        if self._chance.random() < FORGED:
            await self._answer(body, "somebody else's secret")
        status = await self._answer(body, self._secret)
        if status != httpx.codes.OK:
            for update in updates:
                self._later(update, AGAIN.total_seconds())
            return
        self._answered(updates)
        again = self._chance.random() < POSTED_TWICE
        if again and await self._answer(body, self._secret) == httpx.codes.OK:
            self._answered(updates)

    def _answered(self, updates: Sequence[Update]) -> None:
        at = datetime.now(UTC)
        self.told.extend(Told(update=update, at=at) for update in updates)

    async def _answer(self, body: bytes, secret: str) -> int | None:
        headers = {"Content-Type": "application/json", **signature(body, secret)}
        try:
            answer = await self._http.post(self._url, content=body, headers=headers)
        except httpx.TransportError:
            return None
        return answer.status_code
