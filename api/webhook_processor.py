"""Gives Meta's notifications their effect, after they were kept and answered.

One transaction keeps a notification before the 200, further ones process it, and the last deletes
it. A process that dies in between leaves it to whoever's lease on it comes next.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.clock import Clock
from api import setting_aside, updates
from api.errors import AWAY
from api.metrics import Metrics
from api.updates import Fate, Routed, Tally
from storage import webhooks
from storage.database import Database
from storage.webhooks import Webhook
from whatsapp.updates import Kind, Unreadable, Update
from whatsapp.webhook import parse

EVERY: Final = timedelta(milliseconds=500)
"""How often to look for what another process kept and did not get to process."""

LEASE: Final = timedelta(seconds=30)
"""Longer than processing takes; if not, it is processed twice, which changes nothing."""

GATHER: Final = timedelta(milliseconds=100)
"""After an arrival, so that several share their transactions, and answers have their turn.

Opt-outs do not wait for it.
"""

BATCH: Final = 20
"""Notifications at a time, of 3 MB at the most."""

_URGENT: Final = re.compile(rb'"(?:messages|user_preferences)"\s*:|131050')
"""Where a notification has what people write and wish: it goes before everything that waits."""

log = structlog.get_logger()


class WebhookProcessor:
    """Processes kept notifications, oldest first."""

    def __init__(self, database: Database, metrics: Metrics, clock: Clock) -> None:
        """Process what is in this database."""
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._arrived = asyncio.Event()

    async def take(self, body: bytes) -> None:
        """Keep a notification, and have it processed soon.

        What may hold an opt-out has had its effect when this returns, whatever else waits.
        """
        urgent = _URGENT.search(body) is not None
        now = self._clock()
        async with self._database.transaction() as connection:
            row = await webhooks.add(connection, body, now, now + LEASE if urgent else None)
        if urgent:
            await self._process_now(row)
        else:
            self._arrived.set()

    async def _process_now(self, row: Webhook) -> None:
        """It is kept, so a failure is not the sender's matter."""
        try:
            await self.process([row])
        except Exception as error:  # noqa: BLE001  # the failure is the datum: the queue has it then
            log.warning("webhook waits", because=type(error).__name__)
            with suppress(*AWAY):  # if not even that, its lease runs out
                async with self._database.transaction() as connection:
                    await webhooks.give_back(connection, row)
            self._arrived.set()

    async def run(self) -> None:
        """Process until cancelled; the database being away does not end it."""
        while True:
            self._arrived.clear()
            try:
                while await self.sweep() == BATCH:
                    pass
            except (SQLAlchemyError, OSError) as error:
                log.warning("webhooks wait", because=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), EVERY.total_seconds())
            await asyncio.sleep(GATHER.total_seconds())

    async def sweep(self) -> int:
        """Process some notifications, and say how many there were."""
        now = self._clock()
        async with self._database.reading() as connection:
            if await webhooks.oldest(connection) is None:
                return 0
        async with self._database.transaction() as connection:
            rows = await webhooks.lease_due(connection, now, now + LEASE, BATCH)
        await self.settle(rows)
        return len(rows)

    async def settle(self, rows: Sequence[Webhook]) -> None:
        """Process these, and set aside what cannot be; whoever else is at them does no harm."""
        try:
            await self.process(rows)
        except AWAY:
            raise
        except Exception:  # noqa: BLE001  # one of them is to blame: find it
            for row in rows:
                await self._process_singly(row)

    async def _process_singly(self, row: Webhook) -> None:
        """Give each update its effect; what nobody foresaw must not hold up the rest."""
        batch = [await self._tried(each) for each in await self._read(row)]
        await self._finish([row], [batch])

    async def _read(self, row: Webhook) -> list[Routed]:
        try:
            return (await self._routed([row]))[0]
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # the failure is the datum: it is kept
            whole = Update(
                Kind.NOTIFICATION, None, _failed(row.body.decode(errors="replace"), error)
            )
            return [Routed(whole, [])]

    async def _tried(self, each: Routed) -> Routed:
        """The update after its effect, or as one that is wrong if there could be none."""
        try:
            self.report(await updates.take_effect(self._database, [each], self._clock()))
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # the failure is the datum: it is kept
            content = _failed(json.dumps(each.update.item), error)
            self.report(Tally(Counter({(each.update.kind, Fate.QUARANTINED): 1})))
            return replace(each, update=replace(each.update, content=content))
        return each

    async def process(self, rows: Sequence[Webhook]) -> None:
        """Give them their effect, then delete them and keep what had none."""
        if not rows:
            return
        batches = await self._routed(rows)
        every = [routed for batch in batches for routed in batch]
        tally = await updates.take_effect(self._database, every, self._clock())
        await self._finish(rows, batches)
        self.report(tally)

    async def _routed(self, rows: Sequence[Webhook]) -> list[list[Routed]]:
        read = await asyncio.to_thread(lambda: [parse(row.body) for row in rows])
        async with self._database.reading() as connection:
            return await updates.route(connection, read)

    async def _finish(self, rows: Sequence[Webhook], batches: Sequence[Sequence[Routed]]) -> None:
        """Delete them and keep what had no effect; once, also when two have processed them."""
        async with self._database.transaction() as connection:
            removed = await webhooks.remove(connection, [row.id for row in rows])
            for row, batch in zip(rows, batches, strict=True):
                if row.id in removed:
                    await setting_aside.keep(connection, batch, self._clock())

    def report(self, tally: Tally) -> None:
        """Count what became of updates."""
        for (kind, fate), count in tally.fates.items():
            self._metrics.updates.labels(kind, fate).inc(count)
        for status, count in tally.news.items():
            self._metrics.statuses.labels(status).inc(count)
        for fate in (Fate.QUARANTINED, Fate.UNROUTABLE):
            if count := sum(tally.fates[kind, fate] for kind in Kind):
                log.warning("webhook updates without effect", fate=fate.value, count=count)


def _failed(body: str, error: Exception) -> Unreadable:
    because = type(error).__name__
    log.error("webhook update set aside", because=because)
    return Unreadable(body, [{"type": because}])
