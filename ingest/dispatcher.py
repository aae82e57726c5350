"""Delivering accepted events to their journeys: at once, or when Temporal is available again.

The process that accepts an event holds a lease on it and delivers it at once. What stays
undelivered, because Temporal was unavailable or that process died, is delivered by sweeps, in
order per customer. A journey recognises an event that is delivered twice by its id. An order goes
to every journey that it may stop.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from clock import Clock
from domain.journey.identity import CustomerRef
from ingest.customer_delivery import CustomerDelivery, Note
from ingest.delivery_marks import DeliveryMarks
from ingest.metrics import DispatchMetrics
from operations.background import run_concurrently
from storage import inbox_batch, inbox_delivery
from storage.database import Database
from storage.inbox import InboxRow
from temporal.rpc import TemporalUnavailableError, UndeliverableError

LEASE = timedelta(seconds=20)
"""Longer than a delivery takes; after it, the process that held it is considered dead."""

MAX_BACKOFF = timedelta(hours=1)
"""The longest delay before an event is retried that Temporal refuses."""

MAX_DOUBLINGS = 12
"""Of the backoff, which begins with a second: the next one is beyond `MAX_BACKOFF`."""

BATCH = 500

log = structlog.get_logger()


class Dispatcher:
    """Delivers events of the inbox."""

    def __init__(
        self,
        database: Database,
        deliveries: CustomerDelivery,
        clock: Clock,
        metrics: DispatchMetrics | None = None,
    ) -> None:
        """Deliver from this database."""
        self._database = database
        self._deliveries = deliveries
        self._clock = clock
        self.marks = DeliveryMarks(database, clock, metrics)

    async def marked(self) -> None:
        """Wait until all deliveries so far are marked."""
        await self.marks.flush()

    async def deliver(
        self, rows: Sequence[InboxRow], note: Note | None = None, *, may_be_open: bool = True
    ) -> None:
        """Deliver events of one customer to its journey, orders to all that they may stop.

        What cannot be delivered stays in the inbox, to be delivered later.

        Args:
            rows: in their order, under a lease of this process.
            note: called with each that is delivered, and whose journey has it.
            may_be_open: as `CustomerDelivery.deliver` takes it.

        Raises:
            TemporalUnavailableError: Temporal is unavailable.
        """
        left = {row.id: row for row in rows}

        def noted(row: InboxRow, reached: CustomerRef | None) -> None:
            del left[row.id]
            self.marks.add(row, to_open_journey=reached is not None)
            if note is not None:
                note(row, reached)

        try:
            await self._deliveries.deliver(rows, noted, may_be_open=may_be_open)
        except TemporalUnavailableError:
            await self.release(list(left.values()))
            raise
        except UndeliverableError as error:
            await self._back_off(list(left.values()), error)
        except (SQLAlchemyError, OSError) as error:
            log.warning("events are delivered later", because=type(error).__name__)

    async def _back_off(self, rows: Sequence[InboxRow], error: Exception) -> None:
        """Retry a customer's events later, without holding up other customers."""
        if not rows:
            return
        first, *others = rows
        delay = min(timedelta(seconds=2 ** min(first.attempts, MAX_DOUBLINGS)), MAX_BACKOFF)
        async with self._database.transaction() as connection:
            await inbox_delivery.put_off(connection, first, self._clock() + delay)
            await inbox_delivery.give_back(connection, [row.id for row in others])
        log.error("event is retried later", inbox_id=first.id, because=type(error).__name__)

    async def sweep(self) -> int:
        """Deliver events that are due, `BATCH` at most; how many were.

        Raises:
            TemporalUnavailableError: after all were tried, for some Temporal was unavailable.
        """
        await self.marked()  # what seems to be leased still would keep back its customer's events
        now = self._clock()
        async with self._database.transaction() as connection:
            rows = await inbox_delivery.lease_due(connection, now, now + LEASE, BATCH)
            customers = {row.customer for row in rows}
            facts = await inbox_batch.facts_of(connection, customers) if rows else {}
        begin_by = now + LEASE / 2
        await run_concurrently(
            self._deliver_in_time(each, begin_by, may_be_open=facts[customer].was_started)
            for customer, each in _by_customer(rows).items()
        )
        await self.marked()
        return len(rows)

    async def _deliver_in_time(
        self, rows: Sequence[InboxRow], begin_by: datetime, *, may_be_open: bool
    ) -> None:
        """One customer's events; a failure holds up no other customer."""
        if self._clock() >= begin_by:  # another process may take them over soon
            await self.release(rows)
            return
        try:
            await self.deliver(rows, may_be_open=may_be_open)
        except TemporalUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001  # the failure is the datum: it backs off
            await self._back_off(rows, error)

    async def release(self, rows: Sequence[InboxRow]) -> None:
        """Give up the lease on events, so that the next sweep may have them."""
        if rows:
            async with self._database.transaction() as connection:
                await inbox_delivery.give_back(connection, [row.id for row in rows])


def _by_customer(rows: Iterable[InboxRow]) -> dict[CustomerRef, list[InboxRow]]:
    grouped: defaultdict[CustomerRef, list[InboxRow]] = defaultdict(list)
    for row in rows:
        grouped[row.customer].append(row)
    return grouped
