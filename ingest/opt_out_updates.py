"""Applying updates that stop or resume messages to a person: STOP, preferences, a new number."""

from collections.abc import Sequence
from datetime import datetime

from domain.customers.opt_out_words import is_opt_out
from ingest.identity_updates import apply_change
from ingest.people import chosen_at, identities_of, learn
from ingest.suppressed_people import StorePeople, lift, suppress
from ingest.update_results import RoutedUpdate, UpdateResult
from storage import statuses
from storage.aliases import Learned
from storage.database import Database
from storage.phone_numbers import StoreOfNumber
from whatsapp import updates
from whatsapp.identity_changes import identity_change
from whatsapp.people import Person
from whatsapp.updates import MARKETING, Inbound, Preference


async def apply_to_person(database: Database, routed: RoutedUpdate, now: datetime) -> UpdateResult:
    """Apply an inbound message or a preference; anything else is ignored. Idempotent.

    Returns:
        What became of it; `QUARANTINED` for an opt-out of an unknown person.
    """
    match routed.update.content:
        case Inbound() as inbound:
            return await _apply_inbound(database, inbound, routed, now)
        case Preference() as preference:
            return await _apply_preference(database, preference, routed, now)
    return UpdateResult.IGNORED


async def _apply_inbound(
    database: Database, inbound: Inbound, routed: RoutedUpdate, now: datetime
) -> UpdateResult:
    """Turn STOP into an opt-out; Meta does not."""
    at = chosen_at(inbound, now)
    if (change := identity_change(routed.update.item)) is not None:
        return await apply_change(database, change, routed.stores, at)
    said = inbound.said
    stopped = [store for store in routed.stores if said and is_opt_out(said, store.opt_out_words)]
    if not stopped:
        return UpdateResult.IGNORED
    named = people_of(routed.update.person, stopped)
    people = await _with_receiver(database, inbound, named, at)
    return await suppress(database, people, "said STOP", at)


async def _with_receiver(
    database: Database, inbound: Inbound, people: StorePeople, at: datetime
) -> dict[str, frozenset[str]]:
    """With whom the answered message went to; the sender's own number may be missing."""
    found = dict(people)
    if inbound.answers:
        async with database.reading() as connection:
            receivers = await statuses.address_of(connection, inbound.answers, list(people))
        for store_id, address_hash in receivers:
            found[store_id] |= {address_hash}
        await learn(database, [Learned(*each, at) for each in found.items() if len(each[1]) > 1])
    return found


async def _apply_preference(
    database: Database, preference: Preference, routed: RoutedUpdate, now: datetime
) -> UpdateResult:
    """Do what the value says. Others, such as `signup`, neither stop nor resume anything."""
    people = people_of(routed.update.person, routed.stores)
    at = chosen_at(preference, now)
    if preference.category != MARKETING:
        return UpdateResult.IGNORED
    match preference.value:
        case updates.STOP:
            return await suppress(database, people, "stopped marketing in WhatsApp", at)
        case updates.RESUME:
            return await lift(database, people, at)
    return UpdateResult.IGNORED


def people_of(person: Person, stores: Sequence[StoreOfNumber]) -> dict[str, frozenset[str]]:
    """A person's keyed hashes, by store."""
    return {store.store_id: identities_of(person, store) for store in stores}
