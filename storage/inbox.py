"""The inbox: every event that was answered 202. Accepting and reading them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery, Routing
from storage.contacts import Contacts
from storage.database import MAX_COUNTED, count_some
from storage.tables import inbox


@dataclass(frozen=True)
class NewEvent:
    """An event about to be accepted."""

    store_id: str
    customer_id: str
    event: JourneyEvent
    body: Mapping[str, Any]
    routing: Routing
    signalled: bool = True
    """Otherwise journeys read it from the inbox: one of too many in a short time."""
    address_hash: str | None = None
    """Of the number that the event names."""
    other_forms: frozenset[str] = frozenset()
    """Of the number's other forms."""
    email_hash: str | None = None
    """Of the e-mail address that the event names."""

    @property
    def contacts(self) -> Contacts:
        """What the event names besides the customer's id, the number in every form."""
        named = Contacts.of_event(self.address_hash, self.email_hash)
        return named.with_numbers(self.other_forms)


@dataclass(frozen=True)
class InboxRow:
    """What delivering an accepted event needs."""

    id: int
    store_id: str
    customer_id: str
    event: JourneyEvent
    delivery: Delivery
    ignored_because: str | None
    contacts: Contacts
    received_at: datetime
    signalled: bool = True
    attempts: int = 0
    """Failed deliveries, not counting those for which Temporal was unavailable."""

    @property
    def customer(self) -> CustomerRef:
        """Whose event it is."""
        return CustomerRef(self.store_id, self.customer_id)

    @property
    def receiver(self) -> CustomerRef | None:
        """Whose journey will have the event once it is delivered; None: not known of an order."""
        return None if self.event.kind == EventKind.ORDER_PLACED else self.customer

    @classmethod
    def of_new(cls, row_id: int, new: NewEvent, received_at: datetime) -> Self:
        """The row of an event that was just stored."""
        return cls(
            id=row_id,
            store_id=new.store_id,
            customer_id=new.customer_id,
            event=new.event,
            delivery=new.routing.delivery,
            ignored_because=new.routing.ignored_because,
            contacts=Contacts.of_event(new.address_hash, new.email_hash),
            received_at=received_at,
            signalled=new.signalled,
        )

    @classmethod
    def from_mapping(cls, row: RowMapping) -> Self:
        """Read a row of the table."""
        return cls(
            id=row["id"],
            store_id=row["store_id"],
            customer_id=row["customer_id"],
            event=JourneyEvent.model_validate(dict(row)),
            delivery=Delivery(row["delivery"]),
            ignored_because=row["ignored_because"],
            attempts=row["attempts"],
            signalled=row["signalled"],
            received_at=row["received_at"],
            contacts=Contacts.of_event(row["address_hash"], row["email_hash"]),
        )


@dataclass(frozen=True)
class Arrival:
    """An event that may start a journey, and when it was dispatched."""

    event: JourneyEvent
    dispatched_at: datetime | None


async def body(connection: AsyncConnection, store_id: str, event_id: str) -> dict[str, Any] | None:
    """The body as the partner posted it; empty when it was erased, None for an unknown id."""
    found = await connection.execute(
        select(inbox.c.body).where(inbox.c.store_id == store_id, inbox.c.event_id == event_id)
    )
    stored: dict[str, Any] | None = found.scalar()
    return stored


async def last_starting(
    connection: AsyncConnection, store_id: str, customer_id: str
) -> Arrival | None:
    """The latest arrival among the customer's events that may start a journey."""
    query = select(inbox).where(
        inbox.c.store_id == store_id,
        inbox.c.customer_id == customer_id,
        inbox.c.delivery == Delivery.SIGNAL_OR_START,
    )
    row = await _first(connection, query.order_by(inbox.c.id.desc()))
    return None if row is None else Arrival(InboxRow.from_mapping(row).event, row["dispatched_at"])


async def latest(connection: AsyncConnection, store_id: str, customer_id: str) -> InboxRow | None:
    """The latest arrival among the customer's events."""
    query = select(inbox).where(inbox.c.store_id == store_id, inbox.c.customer_id == customer_id)
    row = await _first(connection, query.order_by(inbox.c.id.desc()))
    return None if row is None else InboxRow.from_mapping(row)


async def customers_of(connection: AsyncConnection, store_id: str, address_hash: str) -> list[str]:
    """The customers who ever had this number."""
    query = (
        select(inbox.c.customer_id)
        .where(inbox.c.store_id == store_id, inbox.c.address_hash == address_hash)
        .distinct()
        .order_by(inbox.c.customer_id)
    )
    return list((await connection.execute(query)).scalars())


async def backlog(connection: AsyncConnection) -> int:
    """How many accepted events are still to be delivered, of all stores."""
    return await count_some(connection, select(inbox.c.id).where(inbox.c.dispatched_at.is_(None)))


async def oldest_waiting(connection: AsyncConnection) -> datetime | None:
    """When the oldest event was received that is still to be delivered; None when none is.

    Of more than `MAX_COUNTED`, some that many are looked at.
    """
    waiting = select(inbox.c.received_at).where(inbox.c.dispatched_at.is_(None))
    some = waiting.limit(MAX_COUNTED).subquery()
    found: datetime | None = (
        await connection.execute(select(func.min(some.c.received_at)))
    ).scalar()
    return found


async def _first(connection: AsyncConnection, query: Select[Any]) -> RowMapping | None:
    row: RowMapping | None = (await connection.execute(query.limit(1))).mappings().first()
    return row
