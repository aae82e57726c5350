"""Accepting an event: store it, and deliver it to its journey right behind the answer."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from clock import Clock
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import LOWEST_INTENT, OPERATOR_EXIT
from domain.events.models import EventBase
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery, Routing
from domain.values.problems import InvalidBodyError
from ingest.acceptance import Acceptance
from ingest.delivery_queue import DeliveryQueue
from ingest.dispatcher import Dispatcher
from ingest.event_parser import ParsedEvent, parse_event
from ingest.event_routing import prepare
from ingest.metrics import IngestMetrics
from ingest.receipts import Receipt, ReceiptStatus
from storage import quarantine
from storage.database import Database
from storage.inbox import InboxRow, NewEvent
from storage.quarantine import Rejected
from storage.stores import Store

MAX_KEPT_PROBLEMS: Final = 100
"""Of one event; a body of 64 KiB can have megabytes of them. The answer names all."""


class Intake:
    """Accepts events and operators' exits."""

    def __init__(
        self, database: Database, dispatcher: Dispatcher, metrics: IngestMetrics, clock: Clock
    ) -> None:
        """Store in this database, deliver through this dispatcher."""
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._queue = DeliveryQueue(dispatcher, clock, lambda: self._acceptance.waited)
        self._acceptance = Acceptance(database, self._queue, dispatcher.marks, clock)

    async def accept_posted(self, store: Store, raw: bytes) -> Receipt:
        """Accept a posted body, or quarantine it.

        Raises:
            InvalidBodyError: it is not an event of this store; it is quarantined.
        """
        try:
            parsed = parse_event(raw, store.config.organization_id, self._clock())
        except InvalidBodyError as error:
            await self._quarantine(store, raw, error)
            raise
        return await self.accept(store, parsed.event, parsed.body)

    async def _quarantine(self, store: Store, raw: bytes, error: InvalidBodyError) -> None:
        errors = [problem.as_json() for problem in error.problems[:MAX_KEPT_PROBLEMS]]
        rejected = Rejected(store.store_id, raw.decode(errors="replace"), errors)
        async with self._database.transaction() as connection:
            dropped = await quarantine.add_event(connection, rejected, self._clock())
        self._metrics.count_invalid_event()
        self._metrics.count_unkept(rejected.source, dropped)

    async def accept(self, store: Store, event: EventBase, body: Mapping[str, Any]) -> Receipt:
        """Accept a valid event; it is stored when this returns, and delivered soon.

        Args:
            store: whose event it is.
            event: as validated.
            body: as posted, for merge fields.
        """
        prepared = prepare(store, ParsedEvent(event, body))
        accepted = await self._acceptance.accept(prepared)
        if accepted.row is None:
            receipt = Receipt(event.event_id, ReceiptStatus.DUPLICATE, None, None)
        else:
            receipt = _receipt(accepted.row, accepted.journey)
        self._metrics.count_event(receipt.status)
        return receipt

    async def exit(self, store: Store, customer_id: str) -> Receipt:
        """End a customer's journey now, as durably as an event is accepted.

        The only answer that waits for Temporal: an operator wants to know whether one was open.

        Args:
            store: the customer's.
            customer_id: the key under which the customer is stored.
        """
        event = JourneyEvent(
            event_id=f"exit:{uuid.uuid4().hex}",
            kind=OPERATOR_EXIT,
            at=self._clock(),
            intent=LOWEST_INTENT,
        )
        routing = Routing(Delivery.SIGNAL_ONLY, "no open journey")
        accepted = await self._acceptance.accept(
            NewEvent(store.store_id, customer_id, event, {}, routing)
        )
        if accepted.row is None:
            raise LookupError("a random id was taken")
        # Without a place in the queue, earlier events wait for Temporal: they may start a journey.
        if accepted.queued is None:
            return _receipt(accepted.row, accepted.row.customer)
        return _receipt(accepted.row, await accepted.queued.reached)

    async def delivered(self) -> None:
        """Wait until all that was accepted is delivered, or left to the dispatcher."""
        await self._queue.idle()

    async def close(self) -> None:
        """Finish the deliveries under way; the dispatcher delivers the rest."""
        await self._queue.close()


def _receipt(row: InboxRow, journey: CustomerRef | None) -> Receipt:
    """The answer about a stored event, and whose journey has it, or will have it.

    What is only stored, or finds no open journey, is ignored with the reason of its routing, if
    there is one: what is about an order has none.
    """
    wanted = None if row.delivery is Delivery.STORE_ONLY else journey
    if wanted is None and row.ignored_because is not None:
        return Receipt(row.event.event_id, ReceiptStatus.IGNORED, row.ignored_because, None)
    open_id = None if wanted is None else wanted.journey_id
    return Receipt(row.event.event_id, ReceiptStatus.ACCEPTED, None, open_id)
