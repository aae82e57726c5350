"""What the tests of the repositories keep, and how they see that one of them waits."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from domain.events import JourneyEvent
from domain.kinds import Kind, intent_of
from domain.reception import Delivery, Reception
from domain.stores import StoreConfig
from storage import inbox
from storage.database import Database
from storage.inbox import InboxRow, NewEvent
from storage.messages import MessageKey

NOW = datetime(2024, 10, 8, 12, 0, tzinfo=UTC)
STORE, OTHER_STORE, CUSTOMER = "denim", "linen", "c1"
START = Reception(Delivery.START)
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


def an_event(event_id: str, kind: str = Kind.CART_UPDATE, at: datetime = NOW) -> JourneyEvent:
    return JourneyEvent(event_id=event_id, kind=kind, at=at, intent=intent_of(kind))


def key(step: int = 1, **changes: Any) -> MessageKey:
    first = MessageKey(STORE, CUSTOMER, trigger_event_id="e1", step=step)
    return replace(first, **changes)


async def accept(
    database: Database, event: JourneyEvent, *, leased: bool = False, **changes: Any
) -> InboxRow | None:
    """Put an event into the inbox, as whoever delivers it itself or leaves that to others."""
    values: dict[str, Any] = {
        "store_id": STORE,
        "customer_id": CUSTOMER,
        "event": event,
        "body": {"event_id": event.event_id, "customer": {"phone": "+919876543210"}},
        "reception": START,
    }
    async with database.transaction() as connection:
        new = NewEvent(**(values | changes))
        return await inbox.add(connection, new, NOW, later(60 if leased else 0))


async def lease(database: Database, now: datetime = NOW, most: int = 100) -> list[str]:
    async with database.transaction() as connection:
        rows = await inbox.lease_due(connection, now, now + timedelta(seconds=60), most)
    return [row.event.event_id for row in rows]


async def until_done_or_waiting(database: Database, task: asyncio.Task[Any]) -> None:
    """Return when a task is through, or waits for an advisory lock of PostgreSQL's.

    On SQLite it cannot be seen to wait, nor does it matter: it cannot begin.
    """
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    async with asyncio.timeout(10), database.reading() as connection:
        if connection.dialect.name != "postgresql":
            return
        while not task.done() and not (await connection.execute(waiting)).scalar_one():
            pass
