"""Every event that was answered 202, and whether its journey knows of it yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events import JourneyEvent
from domain.kinds import OPERATOR_EXIT, Kind
from domain.reception import Delivery, Reception
from storage.database import count_some, insert_new, lock
from storage.messages import MessageKey
from storage.tables import inbox, stores


@dataclass(frozen=True)
class NewEvent:
    """An event about to be accepted."""

    store_id: str
    customer_id: str
    event: JourneyEvent
    body: Mapping[str, Any]
    reception: Reception
    address_hash: str | None = None
    """Of the number that the customer has by this event."""


@dataclass(frozen=True)
class InboxRow:
    """An accepted event, as far as delivering it goes."""

    id: int
    store_id: str
    customer_id: str
    event: JourneyEvent
    delivery: Delivery
    ignored_because: str | None
    attempts: int = 0
    """How often it could not be delivered, for a reason of its own."""


async def add(
    connection: AsyncConnection, new: NewEvent, now: datetime, leased_until: datetime
) -> InboxRow | None:
    """Keep an event; None when this store already had its id.

    Args:
        connection: of the transaction that accepts it.
        new: the event and what is to become of it.
        now: the time of receipt.
        leased_until: until when the caller means to deliver it itself.
    """
    await lock(connection, "customer", new.store_id, new.customer_id)
    kept = new.reception.delivery is Delivery.KEEP
    values = {
        "store_id": new.store_id,
        "customer_id": new.customer_id,
        **new.event.model_dump(),
        "delivery": new.reception.delivery,
        "ignored_because": new.reception.ignored_because,
        "address_hash": new.address_hash,
        "body": new.body,
        "received_at": now,
        "leased_until": leased_until,
        "dispatched_at": now if kept else None,
    }
    row = await insert_new(connection, inbox, values)
    return None if row is None else _row(row)


async def has_backlog(connection: AsyncConnection, row: InboxRow) -> bool:
    """Whether earlier events of this customer are still to be delivered, so this one waits."""
    earlier = select(inbox.c.id).where(
        inbox.c.store_id == row.store_id,
        inbox.c.customer_id == row.customer_id,
        inbox.c.dispatched_at.is_(None),
        inbox.c.id < row.id,
    )
    return (await connection.execute(earlier.limit(1))).first() is not None


async def lease_due(
    connection: AsyncConnection, now: datetime, leased_until: datetime, most: int
) -> list[InboxRow]:
    """Take over the delivery of events that nobody is delivering, oldest first.

    A customer of whom somebody is delivering an event is left alone, to keep the order. Half of a
    full batch is for stores that would have nothing in it, so that none waits for another's rest.
    """
    await lock(connection, "lease")  # a second dispatcher must see what the first one took
    rows = await _due(connection, now, most)
    if len(rows) == most > 1:
        behind = await _of_stores_behind(connection, now, rows)
        rows = behind + rows[: most - len(behind)]
    if rows:
        await connection.execute(
            update(inbox)
            .where(inbox.c.id.in_([row.id for row in rows]))
            .values(leased_until=leased_until)
        )
    return rows


async def _of_stores_behind(
    connection: AsyncConnection, now: datetime, ahead: Sequence[InboxRow]
) -> list[InboxRow]:
    """The oldest events of stores that have none among those ahead; half as many at most."""
    room = len(ahead) // 2
    waits = exists().where(inbox.c.store_id == stores.c.store_id, inbox.c.dispatched_at.is_(None))
    behind = stores.c.store_id.not_in({row.store_id for row in ahead})
    found = await connection.execute(
        select(stores.c.store_id).where(behind, waits).order_by(func.random()).limit(room)
    )
    store_ids = list(found.scalars())
    rows = []
    for store_id in store_ids:
        rows += await _due(connection, now, room // len(store_ids), inbox.c.store_id == store_id)
    return rows


async def _due(
    connection: AsyncConnection, now: datetime, most: int, *which: ColumnElement[bool]
) -> list[InboxRow]:
    busy = inbox.alias()
    nobody_at_it = ~exists().where(
        busy.c.store_id == inbox.c.store_id,
        busy.c.customer_id == inbox.c.customer_id,
        busy.c.dispatched_at.is_(None),
        busy.c.leased_until > now,
    )
    due = (
        select(inbox)
        .where(inbox.c.dispatched_at.is_(None), _unleased(now), nobody_at_it, *which)
        .order_by(inbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [_row(row) for row in (await connection.execute(due)).mappings()]


def _unleased(now: datetime) -> ColumnElement[bool]:
    return or_(inbox.c.leased_until.is_(None), inbox.c.leased_until <= now)


async def mark_dispatched(
    connection: AsyncConnection, row_id: int, now: datetime, *, to_open_journey: bool
) -> None:
    """Note that an event was delivered, or that no open journey was there to hear of it."""
    values: dict[str, Any] = {"dispatched_at": now, "leased_until": None}
    if to_open_journey:
        values["ignored_because"] = None
    await connection.execute(update(inbox).where(inbox.c.id == row_id).values(**values))


async def put_off(connection: AsyncConnection, row: InboxRow, until: datetime) -> None:
    """Let an event that cannot be delivered rest; this customer's later ones wait behind it."""
    await connection.execute(
        update(inbox)
        .where(inbox.c.id == row.id)
        .values(leased_until=until, attempts=inbox.c.attempts + 1)
    )


async def give_back(connection: AsyncConnection, row_id: int) -> None:
    """Leave an event that could not be delivered now to the dispatcher."""
    await connection.execute(update(inbox).where(inbox.c.id == row_id).values(leased_until=None))


async def body(connection: AsyncConnection, store_id: str, event_id: str) -> dict[str, Any] | None:
    """What the partner posted, as it came; None when it was erased."""
    found = await connection.execute(
        select(inbox.c.body).where(inbox.c.store_id == store_id, inbox.c.event_id == event_id)
    )
    stored: dict[str, Any] | None = found.scalar()
    return stored


async def stopped_by(
    connection: AsyncConnection, key: MessageKey, address_hash: str
) -> JourneyEvent | None:
    """The order or operator's exit that was accepted since the trigger, delivered or not.

    An order counts by when the customer placed it, and for whoever has the number: people buy
    as guests. An exit counts by when it came.
    """
    trigger = inbox.alias()
    of_trigger = (trigger.c.store_id == key.store_id, trigger.c.event_id == key.trigger_event_id)
    placed = select(trigger.c.at).where(*of_trigger).scalar_subquery()
    came = select(trigger.c.id).where(*of_trigger).scalar_subquery()
    ordered = and_(inbox.c.kind == Kind.ORDER_PLACED, inbox.c.at >= placed)
    exited = and_(inbox.c.kind == OPERATOR_EXIT, inbox.c.id > came)
    of_customer = inbox.c.customer_id == key.customer_id
    of_number = inbox.c.address_hash == address_hash
    query = select(inbox).where(
        inbox.c.store_id == key.store_id,
        or_(and_(of_customer, or_(ordered, exited)), and_(of_number, ordered)),
    )
    row = (await connection.execute(query.order_by(inbox.c.at.desc()).limit(1))).mappings().first()
    return None if row is None else _row(row).event


@dataclass(frozen=True)
class Arrival:
    """An event that may start a journey, and since when its journey knows of it."""

    event: JourneyEvent
    dispatched_at: datetime | None


async def last_starting(
    connection: AsyncConnection, store_id: str, customer_id: str
) -> Arrival | None:
    """The event that arrived last of those that may start a journey."""
    query = select(inbox).where(
        inbox.c.store_id == store_id,
        inbox.c.customer_id == customer_id,
        inbox.c.delivery == Delivery.START,
    )
    row = (await connection.execute(query.order_by(inbox.c.id.desc()).limit(1))).mappings().first()
    return None if row is None else Arrival(_row(row).event, row["dispatched_at"])


async def backlog(connection: AsyncConnection) -> int:
    """How many accepted events are still to be delivered, of all stores."""
    return await count_some(connection, select(inbox.c.id).where(inbox.c.dispatched_at.is_(None)))


async def customers_of(connection: AsyncConnection, store_id: str, address_hash: str) -> list[str]:
    """The customers who ever had this number."""
    query = (
        select(inbox.c.customer_id)
        .where(inbox.c.store_id == store_id, inbox.c.address_hash == address_hash)
        .distinct()
        .order_by(inbox.c.customer_id)
    )
    return list((await connection.execute(query)).scalars())


async def latest(connection: AsyncConnection, store_id: str, customer_id: str) -> InboxRow | None:
    """The event of a customer that arrived last, if one ever did."""
    query = select(inbox).where(inbox.c.store_id == store_id, inbox.c.customer_id == customer_id)
    row = (await connection.execute(query.order_by(inbox.c.id.desc()).limit(1))).mappings().first()
    return None if row is None else _row(row)


def _row(row: RowMapping) -> InboxRow:
    return InboxRow(
        id=row["id"],
        store_id=row["store_id"],
        customer_id=row["customer_id"],
        event=JourneyEvent.model_validate(dict(row)),
        delivery=Delivery(row["delivery"]),
        ignored_because=row["ignored_because"],
        attempts=row["attempts"],
    )
