"""Bringing accepted events to their journeys: right away, or when Temporal is back.

Whoever accepts an event holds a lease on it and delivers it at once. What stays undelivered,
because Temporal was away or that process died, the dispatcher delivers, in order per customer.
An event that is brought twice over a crash is known to the journey by its id.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.clock import Clock
from domain.kinds import OPERATOR_EXIT, OPT_OUT
from domain.reception import Delivery
from storage import holds, inbox, stores
from storage.database import Database
from storage.inbox import InboxRow
from workflows.gateway import Customer, JourneyGateway, TemporalAwayError

LEASE = timedelta(seconds=20)
"""Longer than a delivery takes; after it, whoever held the event is taken for dead."""

EVERY = timedelta(seconds=1)
"""How often the dispatcher looks; a resumed store's journeys go on within this."""

BATCH = 500
AT_ONCE = 20
"""Customers served at the same time, so that one sweep does not drown Temporal."""

log = structlog.get_logger()


class Dispatcher:
    """Delivers events of the inbox, and releases journeys of resumed stores."""

    def __init__(self, database: Database, journeys: JourneyGateway, clock: Clock) -> None:
        """Deliver from this database through this gateway."""
        self._database = database
        self._journeys = journeys
        self._clock = clock

    async def deliver(self, row: InboxRow) -> bool:
        """Bring one event where it belongs, and note it.

        Returns:
            Whether a journey has it now; False: there was none that it could have ended.

        Raises:
            TemporalAwayError: it stays in the inbox, to be delivered later.
        """
        try:
            heard = await self._bring(row)
        except TemporalAwayError:
            async with self._database.transaction() as connection:
                await inbox.give_back(connection, row.id)
            raise
        async with self._database.transaction() as connection:
            await inbox.mark_dispatched(connection, row.id, self._clock(), to_open_journey=heard)
        return heard

    async def _bring(self, row: InboxRow) -> bool:
        customer = Customer(row.store_id, row.customer_id)
        if row.event.kind in {OPERATOR_EXIT, OPT_OUT}:
            return await self._journeys.end(customer, row.event)
        if await self._journeys.bring(customer, row.event):
            return True
        if row.delivery is not Delivery.START:
            return False
        async with self._database.reading() as connection:
            buffer = (await stores.existing(connection, row.store_id)).config.buffer
        if await self._journeys.start(customer, row.event, buffer, self._clock()):
            return True
        return await self._journeys.bring(customer, row.event)

    async def run(self) -> None:
        """Sweep until cancelled; neither Temporal nor the database being away ends it."""
        while True:
            try:
                await self.sweep()
            except (TemporalAwayError, SQLAlchemyError, OSError) as error:
                log.warning("dispatch waits", because=type(error).__name__)
            await asyncio.sleep(EVERY.total_seconds())

    async def sweep(self) -> None:
        """Deliver everything that is due, and release every journey that may go on."""
        now = self._clock()
        async with self._database.transaction() as connection:
            rows = await inbox.lease_due(connection, now, now + LEASE, BATCH)
        work = [self._deliver_in_order(rows) for rows in _by_customer(rows)]
        await _some_at_a_time([*work, self._release()])

    async def _deliver_in_order(self, rows: Sequence[InboxRow]) -> None:
        for position, row in enumerate(rows):
            try:
                await self.deliver(row)
            except TemporalAwayError:
                await self._give_back(rows[position + 1 :])
                raise

    async def _give_back(self, rows: Sequence[InboxRow]) -> None:
        async with self._database.transaction() as connection:
            for row in rows:
                await inbox.give_back(connection, row.id)

    async def _release(self) -> None:
        async with self._database.reading() as connection:
            held = await holds.releasable(connection, BATCH)
        for hold in held:
            await self._journeys.release(Customer(hold.store_id, hold.customer_id))
            async with self._database.transaction() as connection:
                await holds.remove(connection, hold)


def _by_customer(rows: Iterable[InboxRow]) -> list[list[InboxRow]]:
    grouped: defaultdict[tuple[str, str], list[InboxRow]] = defaultdict(list)
    for row in rows:
        grouped[row.store_id, row.customer_id].append(row)
    return list(grouped.values())


async def _some_at_a_time(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, whatever fails; then raise the first failure."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def in_slot(piece: Coroutine[Any, Any, None]) -> None:
        async with slots:
            await piece

    results = await asyncio.gather(*map(in_slot, work), return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
