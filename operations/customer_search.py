"""Finding customers by what a person knows of them: id, number or e-mail address."""

from collections.abc import Sequence
from typing import Final

from domain.customers.identity import email_hash, number_hashes
from domain.customers.phones import to_e164
from operations.customer_keys import known_keys
from storage import contacts, customers
from storage.contacts import Contacts
from storage.database import Database
from storage.stores import Store

MAX_FOUND: Final = contacts.MAX_FOUND
"""Of one number or e-mail address: more customers have a till's, or a placeholder."""


async def find_customers(database: Database, store: Store, text: str) -> Sequence[str]:
    """The customers whom a text may mean, by their keys; the one with this very id first.

    Args:
        database: to read.
        store: the customers'.
        text: a customer's id, a number with or without its country's code, or an e-mail address.
    """
    named = contacts_in(store, text)
    async with database.reading() as connection:
        keys = await known_keys(connection, store, text)
        own = [key for key in keys if await customers.is_known(connection, store.store_id, key)]
        found = await contacts.customers_with_any(connection, store.store_id, named)
    return [*own, *(each for each in found if each not in own)]


def contacts_in(store: Store, text: str) -> Contacts:
    """The keyed hashes of the number or the e-mail address that a text is."""
    email = email_hash(store.hash_key, text)
    number = to_e164(text, store.config.default_region)
    numbers = number_hashes(store.hash_key, number) if number else frozenset()
    return Contacts(numbers, frozenset({email} if email else ()))
