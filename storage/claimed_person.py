"""Whom a claim is for: the customer's contacts, and all that is known to be the number's person."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import aliases, contacts
from storage.claims import Claim
from storage.contacts import Contacts
from storage.database import is_serial


@dataclass(frozen=True)
class ClaimedPerson:
    """The customer, and the person whom the message would reach."""

    contacts: Contacts
    """Every number and e-mail address of the customer, with the numbers' other forms."""
    identities: frozenset[str]
    """The claimed number in every form, the number that WhatsApp knows it by, and user ids."""

    @property
    def everything(self) -> frozenset[str]:
        """All that is locked."""
        return self.contacts.numbers | self.contacts.emails | self.identities


async def lock_person(connection: AsyncConnection, wanted: Claim) -> ClaimedPerson:
    """Take turns with opt-outs of the person, and with orders of everyone who shares a contact.

    While one lock is waited for, its holder may store another alias.
    """
    locked, person = frozenset[str](), await _person(connection, wanted)
    while not person.everything <= locked:
        await contacts.lock_all(connection, wanted.key.store_id, person.contacts, person.identities)
        locked |= person.everything
        if is_serial(connection):
            break
        person = await _person(connection, wanted)
    return person


async def _person(connection: AsyncConnection, wanted: Claim) -> ClaimedPerson:
    store_id = wanted.key.store_id
    found = await contacts.of_customer(connection, store_id, wanted.key.customer_id)
    identities = await aliases.with_aliases(connection, store_id, wanted.forms)
    others = found.numbers - wanted.forms  # apart, for what is known of one person is limited
    known = found.with_numbers(identities).with_numbers(
        await aliases.with_aliases(connection, store_id, others)
    )
    return ClaimedPerson(known, identities)
