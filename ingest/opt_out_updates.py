"""Applying updates that stop or resume messages to a person: STOP, and preferences in WhatsApp.

Each opt-out has its own transaction, since customers are locked before ledger and address.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from domain.customers import phones
from domain.customers.identity import keyed_hash
from domain.customers.opt_out_words import is_opt_out
from ingest.update_results import RoutedUpdate, UpdateResult
from storage import opt_outs, statuses, suppressions
from storage.database import Database
from storage.phone_numbers import StoreOfNumber
from whatsapp.updates import MARKETING, Inbound, Preference

StoreAddress = tuple[str, str]
"""A store, and the keyed hash of a number."""


async def apply_to_person(database: Database, routed: RoutedUpdate, now: datetime) -> UpdateResult:
    """Apply an inbound message or a preference; anything else is ignored. Idempotent."""
    match routed.update.content:
        case Inbound() as inbound:
            return await _apply_inbound(database, inbound, routed.stores, now)
        case Preference() as preference:
            return await _apply_preference(database, preference, routed.stores, now)
    return UpdateResult.IGNORED


async def _apply_inbound(
    database: Database, inbound: Inbound, stores: Sequence[StoreOfNumber], now: datetime
) -> UpdateResult:
    """Turn STOP into an opt-out; Meta does not."""
    said = inbound.said
    stopped = [store for store in stores if said and is_opt_out(said, store.opt_out_words)]
    if not stopped:
        return UpdateResult.IGNORED
    addresses = {
        *_addresses(inbound.sender, stopped),
        *await _addresses_answered(database, inbound, stopped),
    }
    return await suppress(database, addresses, "said STOP", min(inbound.timestamp, now))


async def _addresses_answered(
    database: Database, inbound: Inbound, stores: Sequence[StoreOfNumber]
) -> Collection[StoreAddress]:
    """To whom the message went that was answered; the sender's own number may be missing."""
    if not inbound.answers:
        return ()
    ids = [store.store_id for store in stores]
    async with database.reading() as connection:
        return await statuses.address_of(connection, inbound.answers, ids)


async def _apply_preference(
    database: Database, preference: Preference, stores: Sequence[StoreOfNumber], now: datetime
) -> UpdateResult:
    addresses = set(_addresses(preference.wa_id, stores))
    at = min(preference.timestamp, now)
    match preference.category, preference.value:
        case (category, "stop") if category == MARKETING:
            return await suppress(database, addresses, "stopped marketing in WhatsApp", at)
        case (category, "resume") if category == MARKETING:
            return await _lift(database, addresses, at)
    return UpdateResult.IGNORED


def _addresses(wa_id: str | None, stores: Iterable[StoreOfNumber]) -> list[StoreAddress]:
    numbers = phones.addresses_of(wa_id) if wa_id else ()
    return [
        (store.store_id, keyed_hash(store.hash_key, number))
        for store in stores
        for number in numbers
    ]


async def suppress(
    database: Database, addresses: Iterable[StoreAddress], because: str, at: datetime
) -> UpdateResult:
    """Suppress numbers, and have their open journeys ended where a suppression begins."""
    changes = []
    for store_id, address_hash in sorted(addresses):
        async with database.transaction() as connection:
            begins = await suppressions.would_begin(connection, store_id, address_hash, at)
            record = opt_outs.opt_out if begins else suppressions.add
            await record(connection, store_id, address_hash, because, at)
        changes.append(begins)
    return _combined(changes)


async def _lift(
    database: Database, addresses: Iterable[StoreAddress], at: datetime
) -> UpdateResult:
    changes = []
    for store_id, address_hash in sorted(addresses):
        async with database.transaction() as connection:
            changes.append(await suppressions.lift(connection, store_id, address_hash, at))
    return _combined(changes)


def _combined(changes: Sequence[bool]) -> UpdateResult:
    if not changes:
        return UpdateResult.UNMATCHED
    return UpdateResult.CHANGED if any(changes) else UpdateResult.UNCHANGED
