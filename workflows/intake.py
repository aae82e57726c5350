"""Accepting an event: decide what becomes of it, keep it, bring it to its journey."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.clock import Clock
from domain import consent, phones
from domain.events import CartUpdate, EventBase, JourneyEvent
from domain.identity import customer_key, journey_id, keyed_hash
from domain.kinds import LOWEST_INTENT, OPERATOR_EXIT
from domain.reception import Delivery, Reception, receive
from storage import inbox, suppressions
from storage.database import Database
from storage.inbox import InboxRow, NewEvent
from storage.stores import Store
from workflows.dispatcher import LEASE, Dispatcher
from workflows.patience import TemporalAwayError

PAUSE_AFTER_FAILURE = timedelta(seconds=5)
"""While Temporal is away, only one event in this time waits for it; the rest go to the inbox."""


class ReceiptStatus(StrEnum):
    """What became of a posted event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Receipt:
    """What a partner is told."""

    event_id: str
    status: ReceiptStatus
    reason: str | None
    journey_id: str | None


class Intake:
    """The way in, for events and for operators' exits."""

    def __init__(self, database: Database, dispatcher: Dispatcher, clock: Clock) -> None:
        """Keep in this database, deliver through this dispatcher."""
        self._database = database
        self._dispatcher = dispatcher
        self._clock = clock
        self._away_until: datetime | None = None

    async def accept(self, store: Store, event: EventBase, body: Mapping[str, Any]) -> Receipt:
        """Take in a valid event; when this returns it is kept.

        Args:
            store: whose event it is.
            event: as validated.
            body: as posted, for merge fields.
        """
        customer = event.customer
        address = phones.to_e164(customer.phone, store.config.default_region)
        customer_id = customer_key(
            store.hash_key, customer.customer_id, address or customer.phone, customer.email
        )
        now = self._clock()
        async with self._database.transaction() as connection:
            hashed = address and keyed_hash(store.hash_key, address)
            obstacle = await _obstacle(connection, store, hashed) or _no_consent(store, body)
            reception = receive(store.config, event, now, obstacle=obstacle)
            known, kept = _journey_event(store, event), {**body, **_resolved(event)}
            new = NewEvent(store.store_id, customer_id, known, kept, reception, hashed)
            row = await inbox.add(connection, new, now, now + LEASE)
            waits = row is not None and await self._must_wait(connection, row, now)
        if row is None:
            return Receipt(event.event_id, ReceiptStatus.DUPLICATE, None, None)
        return await self._receipt(row, waits=waits)

    async def exit(self, store: Store, customer_id: str) -> Receipt:
        """End a customer's journey now, as durably as an event is taken in."""
        now = self._clock()
        event = JourneyEvent(
            event_id=f"exit:{uuid.uuid4().hex}", kind=OPERATOR_EXIT, at=now, intent=LOWEST_INTENT
        )
        reception = Reception(Delivery.INFORM, "no open journey")
        new = NewEvent(store.store_id, customer_id, event, {}, reception)
        async with self._database.transaction() as connection:
            row = await inbox.add(connection, new, now, now + LEASE)
            if row is None:
                raise LookupError("a random id was taken")
            waits = await self._must_wait(connection, row, now)
        return await self._receipt(row, waits=waits)

    async def _must_wait(self, connection: AsyncConnection, row: InboxRow, now: datetime) -> bool:
        """Whether the dispatcher must bring this one: in its turn, or when Temporal is back."""
        away = self._away_until is not None and now < self._away_until
        if row.delivery is Delivery.KEEP:
            return False
        if away or await inbox.has_backlog(connection, row):
            await inbox.give_back(connection, row.id)
            return True
        return False

    async def _receipt(self, row: InboxRow, *, waits: bool) -> Receipt:
        if row.delivery is Delivery.KEEP:
            return _ignored(row)
        if waits or await self._brought(row):
            open_id = journey_id(row.store_id, row.customer_id)
            return Receipt(row.event.event_id, ReceiptStatus.ACCEPTED, None, open_id)
        return _ignored(row)

    async def _brought(self, row: InboxRow) -> bool:
        """False only when Temporal says that no journey is open."""
        try:
            return await self._dispatcher.deliver(row)
        except TemporalAwayError:
            self._away_until = self._clock() + PAUSE_AFTER_FAILURE
            return True
        except (SQLAlchemyError, OSError):
            return True  # it is kept, which is what an answer is about; the lease runs out


def _ignored(row: InboxRow) -> Receipt:
    return Receipt(row.event.event_id, ReceiptStatus.IGNORED, row.ignored_because, None)


async def _obstacle(connection: AsyncConnection, store: Store, hashed: str | None) -> str | None:
    if hashed is None:
        return "no address to message: no valid phone number"
    if await suppressions.because(connection, store.store_id, hashed):
        return "opted out: this number is suppressed"
    return None


def _no_consent(store: Store, body: Mapping[str, Any]) -> str | None:
    if store.config.consent == "required" and not consent.is_granted(body):
        return "no consent: this store requires customer.consent with granted, source, timestamp"
    return None


def _resolved(event: EventBase) -> dict[str, Any]:
    """What the guide's placeholder meant, so that merge fields say it."""
    return {"sub_event_name": event.sub_event_name} if isinstance(event, CartUpdate) else {}


def _journey_event(store: Store, event: EventBase) -> JourneyEvent:
    return JourneyEvent(
        event_id=event.event_id,
        kind=event.event_name,
        at=event.timestamp,
        intent=store.config.intent(event.event_name),
        empties_cart=event.empties_cart,
    )
