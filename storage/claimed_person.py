"""Whom a claim is for: the customer's contacts, and all that is known to be the number's person."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import aliases, contacts
from storage.claims import Claim
from storage.contacts import Contacts


@dataclass(frozen=True)
class ClaimedPerson:
    """The customer, and the person whom the message would reach."""

    contacts: Contacts
    """Every number and e-mail address of the customer, with the numbers' other forms."""
    identities: frozenset[str]
    """The claimed number in every form, the number that WhatsApp knows it by, and user ids."""


async def lock_person(connection: AsyncConnection, wanted: Claim) -> ClaimedPerson:
    """Take turns with opt-outs of the person, and with orders of everyone who shares a contact."""
    store_id = wanted.key.store_id
    found = await contacts.of_customer(connection, store_id, wanted.key.customer_id)
    numbers = found.numbers | wanted.forms
    pairs = await aliases.pairs_of(connection, store_id, numbers)
    known = found.with_numbers(numbers).with_numbers([alias for _, alias in pairs])
    identities = wanted.forms.union(alias for each, alias in pairs if each in wanted.forms)
    await contacts.lock_all(connection, store_id, known, identities)
    return ClaimedPerson(known, identities)
