"""Who placed an order: every customer id of the person, as far as it is known with the order."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.contact_queries import MAX_SHARED
from storage.contacts import Contacts, Sharing
from storage.tables import messages

_MESSAGED: Final = (
    select(messages.c.customer_id)
    .where(
        messages.c.store_id == bindparam("of_store"),
        messages.c.address_hash.in_(bindparam("numbers", expanding=True)),
    )
    .distinct()
    .limit(MAX_SHARED + 1)
)


async def person_of(
    connection: AsyncConnection,
    store_id: str,
    customer_id: str,
    contacts: Contacts,
    sharing: Sharing,
) -> frozenset[str]:
    """The customer ids of the person behind an order.

    Args:
        connection: to read by.
        store_id: the order's store.
        customer_id: the order's.
        contacts: the order's, with the other forms of its numbers.
        sharing: who else has them by their events. Whose events were purged is known by the
            messages that went to a number.
    """
    numbers = contacts.without(sharing.left_out).numbers
    messaged = await _messaged(connection, store_id, numbers) if numbers else frozenset[str]()
    return sharing.customer_ids | messaged | {customer_id}


async def _messaged(
    connection: AsyncConnection, store_id: str, numbers: Collection[str]
) -> frozenset[str]:
    """The customers who had a message to one of some numbers; none if these are too many."""
    which = {"of_store": store_id, "numbers": sorted(numbers)}
    found = frozenset((await connection.execute(_MESSAGED, which)).scalars())
    return found if len(found) <= MAX_SHARED else frozenset()
