"""Suppressing people and lifting that, for one or several stores.

Each person has a transaction of their own, since customers are locked before ledger and address.
"""

from collections.abc import Mapping
from datetime import datetime

from domain.customers.identity import is_user_id_hash
from ingest.update_results import UpdateResult
from storage import aliases, opt_outs
from storage.database import Database

StorePeople = Mapping[str, frozenset[str]]
"""The keyed hashes of one person, by store."""


async def suppress(
    database: Database, people: StorePeople, because: str, at: datetime
) -> UpdateResult:
    """Suppress a person, and have their open journeys ended where a suppression begins.

    A user id of which no store knows a number is suppressed, too: it counts once the number is
    known. Until then the opt-out matches no one, and is quarantined.
    """
    begun, known = False, False
    for store_id, identities in sorted(people.items()):
        async with database.transaction() as connection:
            person = await aliases.person(connection, store_id, identities, at)
            known = known or not all(is_user_id_hash(each) for each in person)
            begins = await opt_outs.opt_out_person(connection, store_id, identities, because, at)
        begun = begun or begins
    if not known:
        return UpdateResult.QUARANTINED
    return UpdateResult.CHANGED if begun else UpdateResult.UNCHANGED


async def lift(database: Database, people: StorePeople, at: datetime) -> UpdateResult:
    """Let a person be messaged again."""
    lifted = False
    for store_id, identities in sorted(people.items()):
        async with database.transaction() as connection:
            was = await opt_outs.lift_person(connection, store_id, identities, at)
        lifted = lifted or was
    if not any(people.values()):
        return UpdateResult.UNMATCHED
    return UpdateResult.CHANGED if lifted else UpdateResult.UNCHANGED
