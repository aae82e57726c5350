"""Bringing accepted events to their journeys: right away, or when Temporal is back.

Whoever accepts an event holds a lease on it and delivers it at once. What stays undelivered,
because Temporal was away or that process died, the dispatcher delivers, in order per customer.
An event that is brought twice over a crash is known to the journey by its id.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from activities.clock import Clock
from domain.kinds import OPERATOR_EXIT
from domain.reception import Delivery
from storage import inbox, stores
from storage.database import Database
from storage.inbox import InboxRow
from workflows.gateway import Customer, JourneyGateway
from workflows.patience import TemporalAwayError, UndeliverableError
from workflows.taking_turns import some_at_a_time

LEASE = timedelta(seconds=20)
"""Longer than a delivery takes; after it, whoever held the event is taken for dead."""

REST_AT_MOST = timedelta(hours=1)
"""How long an event rests at the most that is refused for a reason of its own."""

BATCH = 500

log = structlog.get_logger()


class Dispatcher:
    """Delivers events of the inbox."""

    def __init__(self, database: Database, journeys: JourneyGateway, clock: Clock) -> None:
        """Deliver from this database through this gateway."""
        self._database = database
        self._journeys = journeys
        self._clock = clock

    async def deliver(self, row: InboxRow) -> bool:
        """Bring one event where it belongs, and note it.

        Returns:
            Whether a journey has it now, or will have; False: none was open that it could end.

        Raises:
            TemporalAwayError: it stays in the inbox, to be delivered later.
        """
        try:
            heard = await self._bring(row)
        except TemporalAwayError:
            async with self._database.transaction() as connection:
                await inbox.give_back(connection, row.id)
            raise
        except UndeliverableError as error:
            await self._put_off(row, error)
            return True
        async with self._database.transaction() as connection:
            await inbox.mark_dispatched(connection, row.id, self._clock(), to_open_journey=heard)
        return heard

    async def _bring(self, row: InboxRow) -> bool:
        customer = Customer(row.store_id, row.customer_id)
        if row.event.kind == OPERATOR_EXIT:
            return await self._journeys.end(customer, row.event)
        if await self._journeys.bring(customer, row.event):
            return True
        if row.delivery is not Delivery.START:
            return False
        async with self._database.reading() as connection:
            buffer = (await stores.existing(connection, row.store_id)).config.buffer
        if await self._journeys.start(customer, row.event, buffer, self._clock()):
            return True
        if await self._journeys.bring(customer, row.event):
            return True
        raise TemporalAwayError("a journey opened and closed in between")

    async def _put_off(self, row: InboxRow, error: Exception) -> None:
        """Let one event rest, longer each time, without holding up other customers."""
        rest = min(timedelta(seconds=2 ** min(row.attempts, 12)), REST_AT_MOST)
        async with self._database.transaction() as connection:
            await inbox.put_off(connection, row, self._clock() + rest)
        log.error("event rests", inbox_id=row.id, because=type(error).__name__)

    async def sweep(self) -> None:
        """Deliver everything that is due.

        Raises:
            TemporalAwayError: after all were tried, for some Temporal was away.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            rows = await inbox.lease_due(connection, now, now + LEASE, BATCH)
        begin_by = now + LEASE / 2
        await some_at_a_time(self._deliver_in_order(rows, begin_by) for rows in _by_customer(rows))

    async def _deliver_in_order(self, rows: Sequence[InboxRow], begin_by: datetime) -> None:
        """One customer's events; whatever is wrong with them is no other customer's matter."""
        for position, row in enumerate(rows):
            if self._clock() >= begin_by:  # somebody else may take them over soon
                await self._give_back(rows[position:])
                return
            try:
                await self.deliver(row)
            except TemporalAwayError:
                await self._give_back(rows[position + 1 :])
                raise
            except Exception as error:  # noqa: BLE001  # the failure is the datum: it is put off
                await self._put_off(row, error)
                return

    async def _give_back(self, rows: Sequence[InboxRow]) -> None:
        async with self._database.transaction() as connection:
            for row in rows:
                await inbox.give_back(connection, row.id)


def _by_customer(rows: Iterable[InboxRow]) -> list[list[InboxRow]]:
    grouped: defaultdict[tuple[str, str], list[InboxRow]] = defaultdict(list)
    for row in rows:
        grouped[row.store_id, row.customer_id].append(row)
    return list(grouped.values())
