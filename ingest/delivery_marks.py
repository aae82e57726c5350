"""Marking delivered events, many in one transaction."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from clock import Clock
from ingest.metrics import DispatchMetrics
from storage import inbox_delivery
from storage.database import Database
from storage.inbox import InboxRow

INTERVAL: Final = timedelta(milliseconds=100)
"""Between two transactions of marks alone: each would wait for the disk. While events are accepted,
marks are written in the same transactions."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Mark:
    """That an event was delivered."""

    row: InboxRow
    to_open_journey: bool


class DeliveryMarks:
    """Collects marks, and writes them together, with accepted events or alone.

    A mark that cannot be written is lost: the event's lease runs out, and it is delivered again,
    which its journey recognises.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: DispatchMetrics | None,
    ) -> None:
        """Write to this database.

        Args:
            database: of the inbox.
            clock: the time of delivery.
            metrics: how long events waited.
        """
        self.written: Callable[[Sequence[InboxRow]], None] = lambda _: None
        """Called with events that are marked, or whose marks were lost."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._marks: list[Mark] = []
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    def add(self, row: InboxRow, *, to_open_journey: bool) -> None:
        """Mark an event as delivered, soon."""
        if self._metrics is not None:
            self._metrics.observe_delivery(self._clock() - row.received_at)
        self._marks.append(Mark(row, to_open_journey))
        self._write_soon()

    async def flush(self) -> None:
        """Write all marks now; those that are being written are, when this returns."""
        async with self._writing:
            if not self._marks:
                return
            marks = self._take()
            try:
                async with self._database.transaction() as connection:
                    await self._write(marks, connection)
            except (SQLAlchemyError, OSError) as error:
                log.warning("deliveries are not marked", because=type(error).__name__)
            finally:
                self.written([each.row for each in marks])

    @asynccontextmanager
    async def riding(self) -> AsyncIterator[Callable[[AsyncConnection], Awaitable[None]]]:
        """Write marks in a transaction that is committed within the block, by what this gives."""
        if self._writing.locked():
            yield partial(self._write, ())
            return
        async with self._writing:
            marks = self._take()
            try:
                yield partial(self._write, marks)
            except BaseException:
                self._marks = [*marks, *self._marks]
                self._write_soon()
                raise
            self.written([each.row for each in marks])

    def _write_soon(self) -> None:
        if self._marks and self._task is None:
            self._task = asyncio.create_task(self._write_until_empty())

    async def _write_until_empty(self) -> None:
        try:
            while self._marks:
                await asyncio.sleep(INTERVAL.total_seconds())
                await self.flush()
        finally:
            self._task = None

    def _take(self) -> Sequence[Mark]:
        marks, self._marks = self._marks, []
        return marks

    async def _write(self, marks: Sequence[Mark], connection: AsyncConnection) -> None:
        to_open = [each.row.id for each in marks if each.to_open_journey]
        others = [each.row.id for each in marks if not each.to_open_journey]
        now = self._clock()
        await inbox_delivery.mark_dispatched(connection, to_open, now, to_open_journey=True)
        await inbox_delivery.mark_dispatched(connection, others, now, to_open_journey=False)
