"""Contacts: the numbers and e-mail addresses, as keyed hashes, by which customers are one person.

People buy as guests, and under a second customer id: an order counts for every customer who ever
had its number or e-mail address. A contact that many customers have is not one person's.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import Column
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.identity import is_user_id_hash
from domain.events.journey_event import JourneyEvent
from storage import aliases
from storage.contact_queries import MAX_SHARED, OF_CUSTOMER, customers_with, orders_with
from storage.database import lock_each
from storage.tables import inbox

MAX_CONTACTS: Final = 20
"""A customer id with more numbers and e-mail addresses stands for several people."""

MAX_FOUND: Final = MAX_SHARED + 1
"""Customers that are found by one contact."""


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

    def parameters(self) -> dict[str, Any]:
        """Each hash as a parameter of the queries for so many contacts."""
        return {f"of_{place}": each for place, (_, each) in enumerate(self.columns())}


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
    customer = {"of_store": store_id, "of_customer": customer_id}
    rows = (await connection.execute(OF_CUSTOMER, customer)).all()
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
    some = customers_with(len(contacts.numbers), len(contacts.emails))
    found: list[set[str]] = [set() for _ in columns]
    with_contacts = {"of_store": store_id, **contacts.parameters()}
    for number, other_id in await connection.execute(some, with_contacts):
        found[number].add(other_id)
    shared = [each for each, ids in zip(columns, found, strict=True) if len(ids) > MAX_SHARED]
    counted = (ids for ids in found if len(ids) <= MAX_SHARED)
    return Sharing(frozenset().union(*counted) - {customer_id}, _by_column(shared))


async def customers_with_any(
    connection: AsyncConnection, store_id: str, contacts: Contacts
) -> list[str]:
    """The customers who ever had one of these contacts, up to `MAX_FOUND` of each, by id."""
    if not contacts:
        return []
    some = customers_with(len(contacts.numbers), len(contacts.emails))
    found = await connection.execute(some, {"of_store": store_id, **contacts.parameters()})
    return sorted({customer_id for _, customer_id in found})


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
    which = {
        "of_store": store_id,
        "customer_ids": sorted(sharing.customer_ids),
        "since": since,
        **counted.parameters(),
    }
    query = orders_with(len(counted.numbers), len(counted.emails))
    rows = (await connection.execute(query, which)).mappings()
    return [JourneyEvent.model_validate(dict(row)) for row in rows]


def _by_column(columns: list[tuple[Column[Any], str]]) -> Contacts:
    return Contacts(
        frozenset(each for column, each in columns if column is inbox.c.address_hash),
        frozenset(each for column, each in columns if column is inbox.c.email_hash),
    )


def _present(value: str | None) -> frozenset[str]:
    return frozenset() if value is None else frozenset({value})
