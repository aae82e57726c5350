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
    identities = await aliases.with_aliases(connection, store_id, wanted.forms)
    others = found.numbers - wanted.forms  # apart, for what is known of one person is limited
    known = found.with_numbers(identities).with_numbers(
        await aliases.with_aliases(connection, store_id, others)
    )
    await contacts.lock_all(connection, store_id, known, identities)
    return ClaimedPerson(known, identities)
