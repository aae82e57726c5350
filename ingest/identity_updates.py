"""Applying changes of a person's number or user id: an opt-out follows to the new ones."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.people import identities_of, user_hashes_of
from ingest.update_results import UpdateResult
from storage import aliases, opt_outs, suppressions
from storage.aliases import Learned
from storage.database import Database
from storage.phone_numbers import StoreOfNumber
from whatsapp.identity_changes import IdentityChange


async def apply_change(
    database: Database, change: IdentityChange, stores: Sequence[StoreOfNumber], at: datetime
) -> UpdateResult:
    """Store the change, and suppress who was suppressed before. The old number stays suppressed."""
    if not change.before or not change.after:
        return UpdateResult.UNMATCHED
    followed = False
    for store in stores:
        async with database.transaction() as connection:
            follows = await _follow(connection, change, store, at)
        followed = followed or follows
    return UpdateResult.CHANGED if followed else UpdateResult.UNCHANGED


async def _follow(
    connection: AsyncConnection, change: IdentityChange, store: StoreOfNumber, at: datetime
) -> bool:
    before, after = identities_of(change.before, store), identities_of(change.after, store)
    person = await aliases.with_aliases(connection, store.store_id, before, at)
    everyone = Learned(store.store_id, person | after, at)
    await opt_outs.lock_people(connection, [everyone])
    if not change.after.wa_ids:  # the number stays, and what the new id said counts for it
        return await opt_outs.learn(connection, [everyone])
    choice = await suppressions.standing(connection, store.store_id, person - after)
    moved = Learned(store.store_id, before, at)
    await aliases.move(connection, moved, after, user_hashes_of(change.before, store))
    if choice is None:
        return False
    people = before | after
    return await opt_outs.opt_out_person(
        connection, store.store_id, people, choice.because, choice.since
    )
