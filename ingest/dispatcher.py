"""Delivering accepted events to their journeys: at once, or when Temporal is available again.

The process that accepts an event holds a lease on it and delivers it at once. What stays
undelivered, because Temporal was unavailable or that process died, the dispatcher delivers, in
order per customer. A journey recognises an event that is delivered twice by its id. An order goes
to every journey that it may stop.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from clock import Clock
from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery
from ingest.metrics import IngestMetrics
from ingest.order_signals import OrderSignals
from operations.background import run_concurrently
from storage import inbox_delivery, journeys, stores
from storage.database import Database
from storage.inbox import InboxRow
from temporal.gateway import JourneyGateway
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
        journeys: JourneyGateway,
        clock: Clock,
        metrics: IngestMetrics | None = None,
    ) -> None:
        """Deliver from this database through this gateway."""
        self._database = database
        self._journeys = journeys
        self._orders = OrderSignals(database, journeys, metrics)
        self._clock = clock

    async def deliver(self, row: InboxRow) -> CustomerRef | None:
        """Deliver one event to its journey, an order to all that it may stop, and mark it.

        Returns:
            Whose journey has it, or will have it; None: no journey was open.

        Raises:
            TemporalUnavailableError: it stays in the inbox, to be delivered later.
        """
        try:
            reached = await self._deliver_to_journeys(row)
        except TemporalUnavailableError:
            await self._release([row])
            raise
        except UndeliverableError as error:
            await self._back_off(row, error)
            return row.receiver
        async with self._database.transaction() as connection:
            await inbox_delivery.mark_dispatched(
                connection, row.id, self._clock(), to_open_journey=reached is not None
            )
        return reached

    async def _deliver_to_journeys(self, row: InboxRow) -> CustomerRef | None:
        if row.event.kind == EventKind.ORDER_PLACED:
            return await self._orders.signal(row) if row.signalled else None
        return row.customer if await self._signal_or_start(row) else None

    async def _signal_or_start(self, row: InboxRow) -> bool:
        if row.event.kind == OPERATOR_EXIT:
            return await self._journeys.request_exit(row.customer, row.event)
        if row.signalled and await self._journeys.signal_event(row.customer, row.event):
            return True
        if row.delivery is not Delivery.SIGNAL_OR_START:
            return False
        open_run = await self._start(row)
        return open_run is None or await self._has_another_way(row, open_run)

    async def _has_another_way(self, row: InboxRow, open_run: str) -> bool:
        """Signal the journey that is open, or leave the event to be read by it.

        Raises:
            UndeliverableError: that journey closes, or has closed, without the event.
        """
        if row.signalled:
            if await self._journeys.signal_event(row.customer, row.event):
                return True
        elif not await self._is_recorded(open_run):
            return True
        raise UndeliverableError("a journey closed in between")

    async def _is_recorded(self, run_id: str) -> bool:
        async with self._database.reading() as connection:
            return await journeys.is_recorded(connection, run_id)

    async def _start(self, row: InboxRow) -> str | None:
        async with self._database.reading() as connection:
            store = await stores.existing(connection, row.store_id)
        return await self._journeys.start(row.customer, row.event, store.config, self._clock())

    async def _back_off(self, row: InboxRow, error: Exception) -> None:
        """Retry one event later, without holding up other customers."""
        delay = min(timedelta(seconds=2 ** min(row.attempts, MAX_DOUBLINGS)), MAX_BACKOFF)
        async with self._database.transaction() as connection:
            await inbox_delivery.put_off(connection, row, self._clock() + delay)
        log.error("event is retried later", inbox_id=row.id, because=type(error).__name__)

    async def sweep(self) -> None:
        """Deliver everything that is due.

        Raises:
            TemporalUnavailableError: after all were tried, for some Temporal was unavailable.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            rows = await inbox_delivery.lease_due(connection, now, now + LEASE, BATCH)
        begin_by = now + LEASE / 2
        await run_concurrently(
            self._deliver_in_order(rows, begin_by) for rows in _by_customer(rows)
        )

    async def _deliver_in_order(self, rows: Sequence[InboxRow], begin_by: datetime) -> None:
        """One customer's events; a failure holds up no other customer."""
        for position, row in enumerate(rows):
            if self._clock() >= begin_by:  # another process may take them over soon
                await self._release(rows[position:])
                return
            try:
                await self.deliver(row)
            except TemporalUnavailableError:
                await self._release(rows[position + 1 :])
                raise
            except Exception as error:  # noqa: BLE001  # the failure is the datum: it backs off
                await self._back_off(row, error)
                return

    async def _release(self, rows: Sequence[InboxRow]) -> None:
        """Give up the lease on events, so that the next sweep may have them."""
        for row in rows:  # one by one: others lock a customer's rows in another order
            async with self._database.transaction() as connection:
                await inbox_delivery.give_back(connection, row.id)


def _by_customer(rows: Iterable[InboxRow]) -> list[list[InboxRow]]:
    grouped: defaultdict[tuple[str, str], list[InboxRow]] = defaultdict(list)
    for row in rows:
        grouped[row.store_id, row.customer_id].append(row)
    return list(grouped.values())
