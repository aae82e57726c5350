"""Gives Meta's notifications their effect, after they were kept and answered.

One transaction keeps a notification before the 200, further ones process it, and the last deletes
it. A process that dies in between leaves it to whoever's lease on it comes next.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.clock import Clock
from api import updates
from api.errors import AWAY
from api.metrics import Metrics
from api.updates import Fate, Tally
from storage import quarantine, webhooks
from storage.database import Database
from storage.webhooks import Webhook
from whatsapp.updates import Kind
from whatsapp.webhook import parse

EVERY: Final = timedelta(milliseconds=500)
"""How often to look for what another process kept and did not get to process."""

LEASE: Final = timedelta(seconds=30)
"""Longer than processing takes; if not, it is processed twice, which changes nothing."""

GATHER: Final = timedelta(milliseconds=50)
"""After an arrival, so that several share their transactions, and answers have their turn."""

BATCH: Final = 20
"""Notifications at a time, of 3 MB at the most."""

log = structlog.get_logger()


class WebhookProcessor:
    """Processes kept notifications, oldest first."""

    def __init__(self, database: Database, metrics: Metrics, clock: Clock) -> None:
        """Process what is in this database."""
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._arrived = asyncio.Event()

    def wake(self) -> None:
        """Have a look now: something was kept."""
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
        try:
            await self.process(rows)
        except AWAY:
            raise
        except Exception:  # noqa: BLE001  # one of them is to blame: find it
            for row in rows:
                await self._process_or_set_aside(row)
        return len(rows)

    async def _process_or_set_aside(self, row: Webhook) -> None:
        try:
            await self.process([row])
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # what nobody foresaw must not hold up the rest
            because = type(error).__name__
            log.error("webhook set aside", because=because)  # noqa: TRY400  # a traceback would quote it
            async with self._database.transaction() as connection:
                if await webhooks.remove(connection, [row.id]):
                    body = row.body.decode(errors="replace")
                    await quarantine.add(connection, None, body, [{"type": because}], self._clock())

    async def process(self, rows: Sequence[Webhook]) -> None:
        """Give them their effect, then delete them and keep what could not be read of them."""
        if not rows:
            return
        read = [await asyncio.to_thread(parse, row.body) for row in rows]
        async with self._database.reading() as connection:
            batches = [await updates.route(connection, each) for each in read]
        every = [routed for batch in batches for routed in batch]
        tally = await updates.take_effect(self._database, every, self._clock())
        async with self._database.transaction() as connection:
            removed = await webhooks.remove(connection, [row.id for row in rows])
            for row, batch in zip(rows, batches, strict=True):
                if row.id in removed:
                    await updates.keep_unreadable(connection, batch, self._clock())
        self._report(tally)

    def _report(self, tally: Tally) -> None:
        for (kind, fate), count in tally.items():
            self._metrics.updates.labels(kind, fate).inc(count)
        for fate in (Fate.QUARANTINED, Fate.UNROUTABLE):
            if count := sum(tally[kind, fate] for kind in Kind):
                log.warning("webhook updates without effect", fate=fate.value, count=count)
