"""Contacts: the numbers and e-mail addresses, as keyed hashes, by which customers are one person.

People buy as guests, and under a second customer id: an order counts for every customer who ever
had its number or e-mail address. A contact that many customers have is not one person's.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.identity import is_user_id_hash
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from storage import aliases
from storage.database import lock_each
from storage.tables import inbox

MAX_CONTACTS: Final = 20
"""A customer id with more numbers and e-mail addresses stands for several people."""

MAX_EVENTS: Final = 500
"""The newest events of a customer, in which contacts are looked for."""

MAX_SHARED: Final = 20
"""A number or e-mail address that more customers have is a till's, or a placeholder."""


@dataclass(frozen=True)
class Contacts:
    """Keyed hashes of numbers and of e-mail addresses."""

    numbers: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    @classmethod
    def of_event(cls, address_hash: str | None, email_hash: str | None) -> Self:
        """What one event names."""
        return cls(_present(address_hash), _present(email_hash))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.numbers or self.emails)

    def without(self, other: "Contacts") -> "Contacts":
        """These, except for others."""
        return Contacts(self.numbers - other.numbers, self.emails - other.emails)

    def with_numbers(self, identities: Collection[str]) -> "Contacts":
        """These and more numbers; user ids are none, and left out."""
        numbers = (each for each in identities if not is_user_id_hash(each))
        return Contacts(self.numbers.union(numbers), self.emails)

    def columns(self) -> Iterator[tuple[Column[Any], str]]:
        """Each hash with its column of the inbox, always in the same order."""
        yield from ((inbox.c.address_hash, each) for each in sorted(self.numbers))
        yield from ((inbox.c.email_hash, each) for each in sorted(self.emails))


@dataclass(frozen=True)
class Sharing:
    """Who else has contacts of a customer, and which contacts were left out."""

    customer_ids: frozenset[str]
    left_out: Contacts
    """More than `MAX_SHARED` customers have them."""


async def lock_all(
    connection: AsyncConnection,
    store_id: str,
    contacts: Contacts,
    identities: Collection[str] = (),
) -> None:
    """Lock contacts: numbers before e-mail addresses, and after the customer's own lock.

    An order and the claims of all customers that it counts for take turns by this.

    Args:
        connection: of the transaction.
        store_id: whose contacts.
        contacts: the numbers and e-mail addresses.
        identities: also these, such as the user ids of a person; an opt-out takes the same locks.
    """
    await lock_each(connection, contact_locks(store_id, contacts, identities))


def contact_locks(
    store_id: str, contacts: Contacts, identities: Collection[str] = ()
) -> list[tuple[str, ...]]:
    """The names of the locks that `lock_all` takes, in its order."""
    addresses = sorted(contacts.numbers.union(identities))
    emails = sorted(contacts.emails)
    named = {"address": addresses, "email": emails}
    return [(kind, store_id, each) for kind, values in named.items() for each in values]


async def of_customer(connection: AsyncConnection, store_id: str, customer_id: str) -> Contacts:
    """Every contact that a customer's events name; none, if these are more than one person's."""
    query = (
        select(inbox.c.address_hash, inbox.c.email_hash)
        .where(inbox.c.store_id == store_id, inbox.c.customer_id == customer_id)
        .order_by(inbox.c.id.desc())
        .limit(MAX_EVENTS)
    )
    rows = (await connection.execute(query)).all()  # not distinct: SQLite would read the store
    numbers = frozenset(number for number, _ in rows if number is not None)
    emails = frozenset(email for _, email in rows if email is not None)
    one_person = len(numbers) + len(emails) <= MAX_CONTACTS
    return Contacts(numbers, emails) if one_person else Contacts()


async def with_aliases(connection: AsyncConnection, store_id: str, contacts: Contacts) -> Contacts:
    """Contacts with the other forms of their numbers, as far as they are known."""
    found = await aliases.with_aliases(connection, store_id, contacts.numbers)
    return contacts.with_numbers(found)


async def customers_sharing(
    connection: AsyncConnection, store_id: str, customer_id: str, contacts: Contacts
) -> Sharing:
    """The other customers who ever had one of a customer's contacts.

    Args:
        connection: to read by.
        store_id: the customer's store.
        customer_id: the customer.
        contacts: such as those of an order.
    """
    if not contacts:
        return Sharing(frozenset(), contacts)
    columns = list(contacts.columns())
    some = union_all(*(_some_customers(store_id, *each, n) for n, each in enumerate(columns)))
    found: list[set[str]] = [set() for _ in columns]
    for number, other_id in await connection.execute(some):
        found[number].add(other_id)
    shared = [each for each, ids in zip(columns, found, strict=True) if len(ids) > MAX_SHARED]
    counted = (ids for ids in found if len(ids) <= MAX_SHARED)
    return Sharing(frozenset().union(*counted) - {customer_id}, _by_column(shared))


async def orders_elsewhere(
    connection: AsyncConnection,
    store_id: str,
    customer_id: str,
    contacts: Contacts,
    since: datetime,
) -> list[JourneyEvent]:
    """Orders under other customer ids that count for this customer, delivered or not, oldest first.

    Args:
        connection: of the claiming transaction, which holds the locks of the contacts.
        store_id: the customer's store.
        customer_id: the customer.
        contacts: the customer's.
        since: when the customer placed them, at the earliest.
    """
    sharing = await customers_sharing(connection, store_id, customer_id, contacts)
    if not sharing.customer_ids:
        return []
    counted = contacts.without(sharing.left_out)
    query = (
        select(*(inbox.c[name] for name in JourneyEvent.model_fields))
        .where(
            inbox.c.store_id == store_id,
            inbox.c.customer_id.in_(sharing.customer_ids),
            inbox.c.at >= since,
            inbox.c.kind == EventKind.ORDER_PLACED,
            or_(*(column == each for column, each in counted.columns())),
        )
        .order_by(inbox.c.at, inbox.c.id)
    )
    rows = (await connection.execute(query)).mappings()
    return [JourneyEvent.model_validate(dict(row)) for row in rows]


def _some_customers(store_id: str, column: Column[Any], value: str, number: int) -> Select[Any]:
    """At most `MAX_SHARED` + 1 customers with a contact, and the contact's place in the list.

    Each is found by one step in the index, however many events have the contact.
    """
    of_contact: tuple[ColumnElement[bool], ...] = (inbox.c.store_id == store_id, column == value)
    smallest = func.min(inbox.c.customer_id)
    first = select(smallest.label("customer_id"), literal(1).label("place")).where(*of_contact)
    found = first.cte(recursive=True)
    following = select(smallest).where(*of_contact, inbox.c.customer_id > found.c.customer_id)
    more = found.c.customer_id.is_not(None) & (found.c.place <= MAX_SHARED)
    found = found.union_all(
        select(following.correlate(found).scalar_subquery(), found.c.place + 1).where(more)
    )
    return select(literal(number), found.c.customer_id).where(found.c.customer_id.is_not(None))


def _by_column(columns: list[tuple[Column[Any], str]]) -> Contacts:
    return Contacts(
        frozenset(each for column, each in columns if column is inbox.c.address_hash),
        frozenset(each for column, each in columns if column is inbox.c.email_hash),
    )


def _present(value: str | None) -> frozenset[str]:
    return frozenset() if value is None else frozenset({value})
