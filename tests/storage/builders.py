"""Rows for the tests of the repositories, and waiting for a lock."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind, intent_of
from domain.journey.identity import CustomerRef
from domain.journey.later_events import JourneySubject, review
from domain.journey.outcomes import Reason
from domain.journey.policy import JourneyPolicy
from domain.journey.routing import Delivery, Routing
from domain.stores.config import StoreConfig
from storage import inbox_batch, inbox_delivery
from storage.claims import Claim
from storage.database import Database, lock_each
from storage.inbox import InboxRow, NewEvent
from storage.inbox_batch import Accepting
from storage.messages import MessageKey

NOW = datetime(2024, 10, 8, 12, 0, tzinfo=UTC)
STORE, OTHER_STORE, CUSTOMER = "denim", "linen", "c1"
START = Routing(Delivery.SIGNAL_OR_START)
POLICY = JourneyPolicy(planned_kinds=("cart_update", "product_view"))
DETAILS = {"kind": "cart_update", "template": "reminder", "address_hash": "hash", "due_at": NOW}


def later(seconds: float = 1) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_config(**changes: Any) -> StoreConfig:
    minimal = {
        "organization_id": "org",
        "name": "Denim Co",
        "timezone": "Asia/Kolkata",
        "whatsapp": {"phone_number_id": "1055", "access_token": "token"},
    }
    return StoreConfig.model_validate(minimal | changes)


def an_event(event_id: str, kind: str = EventKind.CART_UPDATE, at: datetime = NOW) -> JourneyEvent:
    return JourneyEvent(event_id=event_id, kind=kind, at=at, intent=intent_of(kind))


def key(step: int = 1, **changes: Any) -> MessageKey:
    first = MessageKey(STORE, CUSTOMER, trigger_event_id="e1", step=step)
    return replace(first, **changes)


def a_claim(**changes: Any) -> Claim:
    return Claim(
        key=key(**changes),
        kind="cart_update",
        subject=JourneySubject(an_event("e1"), NOW, POLICY),
        review=review,
        template="reminder",
        address_hash="hash",
        due_at=NOW,
        phone_number_id="1055",
        channel="sms" if changes.get("fallback") else "whatsapp",
        because=Reason.UNREACHABLE if changes.get("fallback") else None,
    )


async def accept(
    database: Database, event: JourneyEvent, *, leased: bool = False, **changes: Any
) -> InboxRow | None:
    """Put an event into the inbox; `leased`: this process delivers it itself."""
    values: dict[str, Any] = {
        "store_id": STORE,
        "customer_id": CUSTOMER,
        "event": event,
        "body": {"event_id": event.event_id, "customer": {"phone": "+919876543210"}},
        "routing": START,
    }
    async with database.transaction() as connection:
        new = NewEvent(**(values | changes))
        return await store(connection, new, NOW, later(60 if leased else 0))


async def store(
    connection: AsyncConnection, new: NewEvent, now: datetime, leased_until: datetime | None = None
) -> InboxRow | None:
    """Store an event as `ingest.acceptance` does, under its locks."""
    customer = CustomerRef(new.store_id, new.customer_id)
    await lock_each(connection, inbox_batch.locks_of(customer, new.event.kind, new.contacts))
    only = new.routing.delivery is Delivery.STORE_ONLY
    accepting = Accepting(new, leased_until, is_delivered=only)
    [row] = await inbox_batch.add_all(connection, [accepting], now)
    return row


async def lease(database: Database, now: datetime = NOW, limit: int = 100) -> list[str]:
    async with database.transaction() as connection:
        rows = await inbox_delivery.lease_due(connection, now, now + timedelta(seconds=60), limit)
    return [row.event.event_id for row in rows]


async def until_done_or_waiting(
    database: Database, task: asyncio.Task[Any], locktype: str = "advisory"
) -> None:
    """Return when a task is done, or waits for a lock of PostgreSQL's of this type.

    On SQLite its wait cannot be observed, and need not be: its transaction cannot begin.
    """
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = :locktype AND NOT granted AND pid IN"
        " (SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE datname = current_database())"
    ).bindparams(locktype=locktype)
    async with asyncio.timeout(10), database.reading() as connection:
        if connection.dialect.name != "postgresql":
            return
        while not task.done() and not (await connection.execute(waiting)).scalar_one():
            pass
