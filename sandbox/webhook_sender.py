"""Posts a chaotic Meta's updates: late, in batches, out of order, some of them twice."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from sandbox.chaos import ScheduledUpdate
from sandbox.webhook_payloads import DeliveredUpdate, WebhookUpdate, notification, signature

BATCH_WINDOW: Final = timedelta(milliseconds=100)
"""Updates that come due within it share a notification."""

RETRY_INTERVAL: Final = timedelta(milliseconds=500)
"""Meta repeats, for seven days, what was not answered 200."""

REPOSTED_SHARE, FORGED_SHARE = 0.1, 0.1
"""Of all notifications: posted again though answered; preceded by a copy with a wrong signature."""

REQUEST_TIMEOUT: Final = timedelta(seconds=30)


class WebhookSender:
    """Posts updates to a webhook, and records which were answered 200, and when."""

    def __init__(self, webhook_url: str, app_secret: str, seed: int) -> None:
        self._url = webhook_url
        self._secret = app_secret
        self._chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._http = httpx.AsyncClient(trust_env=False, timeout=REQUEST_TIMEOUT.total_seconds())
        self._batch: list[WebhookUpdate] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.delivered: list[DeliveredUpdate] = []

    @property
    def pending(self) -> int:
        """How many updates are yet to be posted."""
        return len(self._tasks)

    async def send(self, updates: Iterable[ScheduledUpdate]) -> None:
        """Post the updates that come before the answer, and schedule the others."""
        early = list[WebhookUpdate]()
        for each in updates:
            if each.delay is None:
                early.append(each.update)
            else:
                self._schedule(each.update, each.delay)
        if early:
            await self._post(early)

    async def drain(self) -> None:
        """Return when every update was delivered."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Drop pending updates."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    def _schedule(self, update: WebhookUpdate, delay: timedelta) -> None:
        task = asyncio.create_task(self._post_when_due(update, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post_when_due(self, update: WebhookUpdate, delay: timedelta) -> None:
        """The first update of a batch posts all of it."""
        await asyncio.sleep(delay.total_seconds())
        self._batch.append(update)
        if len(self._batch) > 1:
            return
        await asyncio.sleep(BATCH_WINDOW.total_seconds())
        batch, self._batch = self._batch, []
        self._chance.shuffle(batch)
        await self._post(batch)

    async def _post(self, updates: Sequence[WebhookUpdate]) -> None:
        body = notification(updates)
        if self._chance.random() < FORGED_SHARE:
            await self._post_signed(body, "not the app secret")
        if not await self._post_signed(body, self._secret):
            for update in updates:
                self._schedule(update, RETRY_INTERVAL)
            return
        self._record(updates)
        if self._chance.random() < REPOSTED_SHARE and await self._post_signed(body, self._secret):
            self._record(updates)

    def _record(self, updates: Sequence[WebhookUpdate]) -> None:
        at = datetime.now(UTC)
        self.delivered.extend(DeliveredUpdate(update=update, at=at) for update in updates)

    async def _post_signed(self, body: bytes, secret: str) -> bool:
        """Whether the answer is 200."""
        headers = {"Content-Type": "application/json", **signature(body, secret)}
        try:
            answer = await self._http.post(self._url, content=body, headers=headers)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK
