"""The people of Meta's updates as a store knows them: by keyed hashes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from domain.customers import phones
from domain.customers.identity import keyed_hash, user_id_hash
from ingest.update_results import RoutedUpdate
from storage import aliases, opt_outs
from storage.aliases import Learned
from storage.database import Database
from storage.phone_numbers import StoreOfNumber
from whatsapp.identity_changes import is_system
from whatsapp.people import Person
from whatsapp.updates import Inbound, Preference

_LEARNED_AT_ONCE: Final = 50
"""Of each, a transaction locks the person."""


def number_hashes_of(person: Person, store: StoreOfNumber) -> frozenset[str]:
    """The keyed hashes of a person's numbers, in every form."""
    return frozenset(
        keyed_hash(store.hash_key, address)
        for wa_id in person.wa_ids
        for address in phones.addresses_of(wa_id)
    )


def user_hashes_of(person: Person, store: StoreOfNumber) -> frozenset[str]:
    """The keyed hashes of a person's user ids."""
    return frozenset(user_id_hash(store.hash_key, each) for each in person.user_ids)


def identities_of(person: Person, store: StoreOfNumber) -> frozenset[str]:
    """All keyed hashes of a person."""
    return number_hashes_of(person, store) | user_hashes_of(person, store)


def chosen_at(content: Inbound | Preference, now: datetime) -> datetime:
    """When a person said something: not after now, and now where that cannot be read."""
    return now if content.timestamp is None else min(content.timestamp, now)


def said_of_people(batch: Iterable[RoutedUpdate], now: datetime) -> list[Learned]:
    """What inbound messages and preferences say of who is one person.

    What Meta itself says of a change is not about one person at one time.
    """
    return [
        Learned(store.store_id, identities, chosen_at(content, now))
        for routed in batch
        if isinstance(content := routed.update.content, Inbound | Preference)
        and not is_system(routed.update.item)
        for store in routed.stores
        if len(identities := identities_of(routed.update.person, store)) > 1
    ]


async def learn(database: Database, learned: Sequence[Learned]) -> None:
    """Store who is one person, and have a suppression of one identity count for all.

    Both in one transaction: what is known already is not looked at again.
    """
    if not learned:
        return
    async with database.reading() as connection:
        new = await aliases.unknown(connection, learned)
    for start in range(0, len(new), _LEARNED_AT_ONCE):
        async with database.transaction() as connection:
            await opt_outs.learn(connection, new[start : start + _LEARNED_AT_ONCE])
