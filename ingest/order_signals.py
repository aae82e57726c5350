"""Signalling an order to the open journeys of everyone whom it stops."""

import asyncio

import structlog

from domain.journey.identity import CustomerRef
from ingest.metrics import IngestMetrics
from storage import contacts
from storage.database import Database
from storage.inbox import InboxRow
from temporal.gateway import JourneyGateway
from temporal.rpc import UndeliverableError

log = structlog.get_logger()


class OrderSignals:
    """Signals orders to the journeys of all customers with their number or e-mail address."""

    def __init__(
        self, database: Database, journeys: JourneyGateway, metrics: IngestMetrics | None
    ) -> None:
        """Look customers up in this database, and signal through this gateway."""
        self._database = database
        self._journeys = journeys
        self._metrics = metrics

    async def signal(self, row: InboxRow) -> CustomerRef | None:
        """Signal an order to its customer and to those who share a contact with it.

        Returns:
            Whose open journey has it, its own customer's before another's; None: none is open.

        Raises:
            TemporalUnavailableError: Temporal was unavailable for one of them; all were tried.
            UndeliverableError: Temporal refused it for its own customer; all were tried.
        """
        customers = [row.customer, *await self._others(row)]
        signals = (self._signal(row, each) for each in customers)
        results = await asyncio.gather(*signals, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        reached = (each for each, has_it in zip(customers, results, strict=True) if has_it)
        return next(reached, None)

    async def _signal(self, row: InboxRow, customer: CustomerRef) -> bool:
        """A journey of another customer that refuses the signal sees the order when it claims."""
        try:
            return await self._journeys.signal_event(customer, row.event)
        except UndeliverableError:
            if customer == row.customer:
                raise
            return False

    async def _others(self, row: InboxRow) -> list[CustomerRef]:
        async with self._database.reading() as connection:
            known = await contacts.with_aliases(connection, row.store_id, row.contacts)
            sharing = await contacts.customers_sharing(
                connection, row.store_id, row.customer_id, known
            )
        if sharing.left_out:
            self._warn(row)
        return [CustomerRef(row.store_id, each) for each in sorted(sharing.customer_ids)]

    def _warn(self, row: InboxRow) -> None:
        log.warning(
            "the contact of an order is shared by too many customers: it stops no other journey",
            store_id=row.store_id,
            inbox_id=row.id,
        )
        if self._metrics is not None:
            self._metrics.count_shared_contact()
