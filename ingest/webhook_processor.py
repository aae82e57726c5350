"""Processing Meta's notifications after they were stored and answered.

One transaction stores a notification before the 200, further ones process it, the last deletes
it. A notification of a process that dies in between is processed when its lease has run out.
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

from clock import Clock
from ingest import meta_updates
from ingest.metrics import IngestMetrics
from ingest.quarantine_updates import add_to_quarantine
from ingest.update_results import WITHOUT_EFFECT, RoutedUpdate, UpdateCounts, UpdateResult
from storage import webhooks
from storage.database import UNAVAILABLE_ERRORS, Database
from storage.secret_cipher import SecretCipherError
from storage.webhooks import StoredNotification
from whatsapp.updates import Unreadable, Update, UpdateKind
from whatsapp.webhook import parse

INTERVAL: Final = timedelta(milliseconds=500)
"""How often to look for notifications that another process stored and did not process."""

LEASE: Final = timedelta(seconds=30)
"""Longer than processing takes. If it is not, a notification is processed twice: no change."""

BATCHING_DELAY: Final = timedelta(milliseconds=100)
"""Wait after an arrival, so that several share their transactions. Opt-outs do not wait."""

BATCH: Final = 20
"""Notifications at a time, of at most 3 MB each."""

_URGENT: Final = re.compile(
    rb'"(?:messages|user_preferences)"\s*:|131050|"message_template_status_update"'
)
"""What a notification with a possible opt-out, or with a template that Meta paused, contains; it is
processed before its answer."""

NOT_NOW: Final = (*UNAVAILABLE_ERRORS, SecretCipherError)
"""Errors that end: when the database is back, or this process has the key of a store's secrets."""

log = structlog.get_logger()


class WebhookProcessor:
    """Processes stored notifications, oldest first."""

    def __init__(self, database: Database, metrics: IngestMetrics, clock: Clock) -> None:
        """Process what is in this database."""
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._arrived = asyncio.Event()

    async def accept(self, body: bytes) -> None:
        """Store a notification, to be processed soon.

        A possible opt-out is applied when this returns, however many notifications wait.

        Raises:
            OSError, SQLAlchemyError: the database is not available. What was stored is processed
                later; the sender is not told that an opt-out holds before it does.
            SecretCipherError: the same, of a store whose secrets this process cannot open.
        """
        urgent = _URGENT.search(body) is not None
        now = self._clock()
        async with self._database.transaction() as connection:
            row = await webhooks.add(connection, body, now, now + LEASE if urgent else None)
        if urgent:
            await self._process_now(row)
        else:
            self._arrived.set()

    async def _process_now(self, row: StoredNotification) -> None:
        """Process a stored notification; a failure leaves it to the next sweep."""
        try:
            await self.process([row])
        except NOT_NOW as error:
            await self._leave_to_sweep(row, error)
            raise
        except Exception as error:  # noqa: BLE001  # the failure is the datum: it stays stored
            await self._leave_to_sweep(row, error)

    async def _leave_to_sweep(self, row: StoredNotification, error: Exception) -> None:
        log.warning("webhook waits", because=type(error).__name__)
        with suppress(*NOT_NOW):  # otherwise its lease runs out
            async with self._database.transaction() as connection:
                await webhooks.give_back(connection, row)
        self._arrived.set()

    async def run(self) -> None:
        """Process until cancelled; an unavailable database does not end it."""
        while True:
            self._arrived.clear()
            try:
                while await self.sweep() == BATCH:
                    pass
            except (SQLAlchemyError, OSError, SecretCipherError) as error:
                log.warning("webhooks wait", because=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), INTERVAL.total_seconds())
            await asyncio.sleep(BATCHING_DELAY.total_seconds())

    async def sweep(self) -> int:
        """Process one batch.

        Returns:
            How many notifications it had.
        """
        now = self._clock()
        async with self._database.reading() as connection:
            if await webhooks.oldest(connection) is None:
                return 0
        async with self._database.transaction() as connection:
            rows = await webhooks.lease_due(connection, now, now + LEASE, BATCH)
        await self.process_or_quarantine(rows)
        return len(rows)

    async def process_or_quarantine(self, rows: Sequence[StoredNotification]) -> None:
        """Process these, and quarantine what fails. Safe beside another process."""
        try:
            await self.process(rows)
        except UNAVAILABLE_ERRORS:
            raise
        except Exception:  # noqa: BLE001  # one of them is to blame: find it
            for row in rows:
                await self._process_if_opened(row)

    async def _process_if_opened(self, row: StoredNotification) -> None:
        """Process one; that of a store whose secrets do not open waits for the end of its lease."""
        try:
            await self._process_singly(row)
        except SecretCipherError as error:
            log.warning("webhook waits", because=type(error).__name__)

    async def _process_singly(self, row: StoredNotification) -> None:
        """Apply each update on its own: an unexpected failure must not hold up the rest."""
        counts, batch, sealed = UpdateCounts(), list[RoutedUpdate](), None
        for each in await self._read(row):
            try:
                batch.append(await self._apply_singly(each, counts))
            except SecretCipherError as error:  # of one store: the rest is applied
                sealed = error
        if sealed is not None:
            raise sealed
        await self._finish([row], [batch], counts)

    async def _read(self, row: StoredNotification) -> list[RoutedUpdate]:
        try:
            return (await self._route([row]))[0]
        except NOT_NOW:
            raise
        except Exception as error:  # noqa: BLE001  # the failure is the datum: it is quarantined
            content = _failed(row.body.decode(errors="replace"), error)
            return [RoutedUpdate(Update(UpdateKind.NOTIFICATION, None, content), [])]

    async def _apply_singly(self, each: RoutedUpdate, counts: UpdateCounts) -> RoutedUpdate:
        """The update after it was applied, or as an unreadable one if that failed."""
        try:
            applied = await meta_updates.apply_updates(self._database, [each], self._clock())
            counts.unknown_people.extend(applied.unknown_people)
            self._report(applied)
            meta_updates.require_opened([each])
        except NOT_NOW:
            raise
        except Exception as error:  # noqa: BLE001  # the failure is the datum: it is quarantined
            content = _failed(json.dumps(each.update.item), error)
            failed = Counter({(each.update.kind, UpdateResult.QUARANTINED): 1})
            self._report(UpdateCounts(failed))
            return replace(each, update=replace(each.update, content=content))
        return each

    async def process(self, rows: Sequence[StoredNotification]) -> None:
        """Apply the updates of these, then delete them and quarantine what had no effect."""
        if not rows:
            return
        batches = await self._route(rows)
        updates = [routed for batch in batches for routed in batch]
        counts = await meta_updates.apply_updates(self._database, updates, self._clock())
        meta_updates.require_opened(updates)
        await self._finish(rows, batches, counts)
        self._report(counts)

    async def _route(self, rows: Sequence[StoredNotification]) -> list[list[RoutedUpdate]]:
        parsed = await asyncio.to_thread(lambda: [parse(row.body) for row in rows])
        async with self._database.reading() as connection:
            return await meta_updates.route(connection, parsed)

    async def _finish(
        self,
        rows: Sequence[StoredNotification],
        batches: Sequence[Sequence[RoutedUpdate]],
        counts: UpdateCounts,
    ) -> None:
        """Delete and quarantine; once, also when two processes had the same notification."""
        unkept = Counter[str]()
        async with self._database.transaction() as connection:
            removed = await webhooks.remove(connection, [row.id for row in rows])
            for row, batch in zip(rows, batches, strict=True):
                if row.id in removed:
                    unknown = counts.unknown_people
                    unkept += await add_to_quarantine(connection, batch, unknown, self._clock())
        for source, count in unkept.items():
            self._metrics.count_unkept(source, count)

    def _report(self, counts: UpdateCounts) -> None:
        self._metrics.count_updates(counts)
        for result, count in counts.by_result().items():
            if result in WITHOUT_EFFECT:
                log.warning("webhook updates without effect", result=result.value, count=count)


def _failed(body: str, error: Exception) -> Unreadable:
    because = type(error).__name__
    log.error("webhook update quarantined", because=because)
    return Unreadable(body, [{"type": because}])
