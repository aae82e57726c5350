"""Marking delivered events, many in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from clock import Clock
from ingest.metrics import DispatchMetrics
from storage import inbox_delivery
from storage.database import Database
from storage.inbox import InboxRow

INTERVAL: Final = timedelta(milliseconds=50)
"""Between two transactions: a mark is not urgent, and each would wait for the disk."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Mark:
    """That an event was delivered."""

    row: InboxRow
    to_open_journey: bool


class DeliveryMarks:
    """Collects marks, and writes them together.

    A mark that cannot be written is lost: the event's lease runs out, and it is delivered again,
    which its journey recognises.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: DispatchMetrics | None,
        written: Callable[[Sequence[InboxRow]], None],
    ) -> None:
        """Write to this database.

        Args:
            database: of the inbox.
            clock: the time of delivery.
            metrics: how long events waited.
            written: told of events that are marked, or whose marks were lost.
        """
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._written = written
        self._marks: list[Mark] = []
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    def add(self, row: InboxRow, *, to_open_journey: bool) -> None:
        """Mark an event as delivered, soon."""
        if self._metrics is not None:
            self._metrics.observe_delivery(self._clock() - row.received_at)
        self._marks.append(Mark(row, to_open_journey))
        if self._task is None:
            self._task = asyncio.create_task(self._write_until_empty())

    async def flush(self) -> None:
        """Write all marks now; those that are being written are, when this returns."""
        async with self._writing:
            await self._write()

    async def _write_until_empty(self) -> None:
        while self._marks:
            await asyncio.sleep(INTERVAL.total_seconds())
            await self.flush()
        self._task = None

    async def _write(self) -> None:
        marks, self._marks = self._marks, []
        if not marks:
            return
        try:
            await self.write(marks)
        except (SQLAlchemyError, OSError) as error:
            log.warning("deliveries are not marked", because=type(error).__name__)
        finally:
            self._written([each.row for each in marks])

    async def write(self, marks: Sequence[Mark]) -> None:
        """Write marks in one transaction."""
        to_open = [each.row.id for each in marks if each.to_open_journey]
        others = [each.row.id for each in marks if not each.to_open_journey]
        async with self._database.transaction() as connection:
            now = self._clock()
            await inbox_delivery.mark_dispatched(connection, to_open, now, to_open_journey=True)
            await inbox_delivery.mark_dispatched(connection, others, now, to_open_journey=False)
