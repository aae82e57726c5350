"""Accepting an event: store it, then deliver it to its journey."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from clock import Clock
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import LOWEST_INTENT, OPERATOR_EXIT
from domain.events.models import EventBase
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery, Routing
from domain.values.problems import InvalidBodyError
from ingest import personal_ids
from ingest.dispatcher import LEASE, Dispatcher
from ingest.event_parser import ParsedEvent, parse_event
from ingest.event_routing import new_event
from ingest.metrics import IngestMetrics
from ingest.receipts import Receipt, ReceiptStatus
from storage import inbox, inbox_delivery, quarantine
from storage.database import Database
from storage.inbox import InboxRow, NewEvent
from storage.quarantine import Rejected
from storage.stores import Store
from temporal.rpc import TemporalUnavailableError

PAUSE_AFTER_FAILURE = timedelta(seconds=5)
"""While Temporal is unavailable, one event in this time waits for it; others stay in the inbox."""

MAX_KEPT_PROBLEMS: Final = 100
"""Of one event; a body of 64 KiB can have megabytes of them. The answer names all."""


class Intake:
    """Accepts events and operators' exits."""

    def __init__(
        self, database: Database, dispatcher: Dispatcher, metrics: IngestMetrics, clock: Clock
    ) -> None:
        """Store in this database, deliver through this dispatcher."""
        self._database = database
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._clock = clock
        self._unavailable_until: datetime | None = None

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
        """Accept a valid event; it is stored when this returns.

        Args:
            store: whose event it is.
            event: as validated.
            body: as posted, for merge fields.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            new = await new_event(connection, store, ParsedEvent(event, body), now)
            row, waits = await self._add(connection, new, now)
            await personal_ids.notice(connection, store, event, now)
        if row is None:
            receipt = Receipt(event.event_id, ReceiptStatus.DUPLICATE, None, None)
        else:
            receipt = await self._deliver(row, waits=waits)
        self._metrics.count_event(receipt.status)
        return receipt

    async def exit(self, store: Store, customer_id: str) -> Receipt:
        """End a customer's journey now, as durably as an event is accepted.

        Args:
            store: the customer's.
            customer_id: the key under which the customer is stored.
        """
        now = self._clock()
        event = JourneyEvent(
            event_id=f"exit:{uuid.uuid4().hex}", kind=OPERATOR_EXIT, at=now, intent=LOWEST_INTENT
        )
        routing = Routing(Delivery.SIGNAL_ONLY, "no open journey")
        new = NewEvent(store.store_id, customer_id, event, {}, routing)
        async with self._database.transaction() as connection:
            row, waits = await self._add(connection, new, now)
        if row is None:
            raise LookupError("a random id was taken")
        return await self._deliver(row, waits=waits)

    async def _add(
        self, connection: AsyncConnection, new: NewEvent, now: datetime
    ) -> tuple[InboxRow | None, bool]:
        """The stored row, None for a duplicate; and whether it must wait for the dispatcher."""
        row = await inbox.add(connection, new, now, now + LEASE)
        return row, row is not None and await self._must_wait(connection, row, now)

    async def _must_wait(self, connection: AsyncConnection, row: InboxRow, now: datetime) -> bool:
        """Whether the dispatcher must deliver this one: in order, or when Temporal is back."""
        if row.delivery is Delivery.STORE_ONLY:
            return False
        if self._is_paused(now) or await inbox_delivery.has_backlog(connection, row):
            await inbox_delivery.give_back(connection, row.id)
            return True
        return False

    def _is_paused(self, now: datetime) -> bool:
        return self._unavailable_until is not None and now < self._unavailable_until

    async def _deliver(self, row: InboxRow, *, waits: bool) -> Receipt:
        """Deliver a stored event at once unless it must wait.

        Returns:
            The receipt. What is only stored, or finds no open journey, is ignored with the reason
            of its routing, if there is one: what is about an order has none.
        """
        reached: CustomerRef | None = None
        if row.delivery is not Delivery.STORE_ONLY:
            reached = row.receiver if waits else await self._reached(row)
        if reached is None and row.ignored_because is not None:
            return Receipt(row.event.event_id, ReceiptStatus.IGNORED, row.ignored_because, None)
        open_id = None if reached is None else reached.journey_id
        return Receipt(row.event.event_id, ReceiptStatus.ACCEPTED, None, open_id)

    async def _reached(self, row: InboxRow) -> CustomerRef | None:
        """Whose journey has an event, or will have it; None: Temporal says that none is open."""
        try:
            return await self._dispatcher.deliver(row)
        except TemporalUnavailableError:
            self._unavailable_until = self._clock() + PAUSE_AFTER_FAILURE
        except (SQLAlchemyError, OSError):
            pass  # it is stored, which the answer is about; the lease runs out
        return row.receiver
