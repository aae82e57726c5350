"""Opt-outs: a person is suppressed at once, by every identity; open journeys end soon after.

The claiming transaction checks the suppression, so no message depends on that end.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers import choices
from domain.customers.choices import Choice
from storage import aliases, suppressions
from storage.aliases import Learned
from storage.database import insert_new, lock_each
from storage.fair_order import fair_rows, stores_in
from storage.tables import opt_outs

_EVER: Final = datetime.min.replace(tzinfo=UTC)
"""A choice may be older than the end of an alias; none is older than this."""

_STORES: Final = stores_in(opt_outs.c.store_id)
_OLDEST: Final = (
    select(opt_outs)
    .where(opt_outs.c.store_id == bindparam("of_store"))
    .order_by(opt_outs.c.created_at)
    .limit(bindparam("up_to"))
)


@dataclass(frozen=True)
class OptOut:
    """A suppressed number whose customers' open journeys are still to be ended."""

    store_id: str
    address_hash: str
    created_at: datetime


async def opt_out(
    connection: AsyncConnection, store_id: str, address_hash: str, because: str, now: datetime
) -> None:
    """Suppress a number, and leave it to the dispatcher to end open journeys."""
    await suppressions.add(connection, store_id, address_hash, because, now)
    if await suppressions.because(connection, store_id, address_hash) is None:
        return  # it was lifted since
    values = {"store_id": store_id, "address_hash": address_hash, "created_at": now}
    await insert_new(connection, opt_outs, values)


async def opt_out_person(
    connection: AsyncConnection,
    store_id: str,
    identities: Collection[str],
    because: str,
    at: datetime,
) -> bool:
    """Suppress all identities of a person; whether a suppression began by it.

    Journeys are ended only where one began.
    """
    begun = False
    for each in await _locked_person(connection, store_id, identities, at):
        begins = await suppressions.would_begin(connection, store_id, each, at)
        record = opt_out if begins else suppressions.add
        await record(connection, store_id, each, because, at)
        begun = begun or begins
    return begun


async def _locked_person(
    connection: AsyncConnection, store_id: str, identities: Collection[str], at: datetime
) -> list[str]:
    """Everything that is known to be the person's, locked.

    While one lock is waited for, its holder may store another alias.
    """
    locked = frozenset[str]()
    found = await aliases.person(connection, store_id, identities, at)
    while not found <= locked:
        await lock_each(connection, [("address", store_id, each) for each in sorted(found)])
        locked |= found
        found = await aliases.person(connection, store_id, locked, at)
    return sorted(locked)


async def carry_over(
    connection: AsyncConnection, store_id: str, identities: Collection[str]
) -> bool:
    """Have a suppression of one identity count for all, now that they are known to be one person's.

    Returns:
        Whether a suppression began.
    """
    found = await suppressions.standing(connection, store_id, identities)
    if found is None:
        return False
    return await opt_out_person(connection, store_id, identities, found.because, found.since)


async def lock_people(connection: AsyncConnection, learned: Sequence[Learned]) -> None:
    """Lock people with all whom an opt-out of theirs concerns, in order.

    A transaction that locked some identities, and more of them later, could wait for one that
    waits for it.
    """
    everyone = set[tuple[str, str, str]]()
    for each in learned:
        person = await aliases.person(connection, each.store_id, each.identities, _EVER)
        everyone |= {("address", each.store_id, identity) for identity in person}
    await lock_each(connection, sorted(everyone))


async def learn(connection: AsyncConnection, learned: Sequence[Learned]) -> bool:
    """Store who is one person, and have a suppression of one identity count for all.

    Returns:
        Whether a suppression began.
    """
    await lock_people(connection, learned)
    await aliases.learn(connection, learned)
    begun = [await carry_over(connection, each.store_id, each.identities) for each in learned]
    return any(begun)


async def lift_person(
    connection: AsyncConnection, store_id: str, identities: Collection[str], at: datetime
) -> bool:
    """Let a person be messaged again, unless they opted out at that instant or later.

    It counts for the identities and their aliases, not for aliases of those.

    Returns:
        Whether any of them was suppressed until now.
    """
    lifted = [
        await suppressions.lift(connection, store_id, each, at)
        for each in await _locked(connection, store_id, identities, at)
    ]
    return any(lifted)


async def remove_person(
    connection: AsyncConnection, store_id: str, identities: Collection[str], now: datetime
) -> None:
    """As `lift_person`, in any case."""
    for each in await _locked(connection, store_id, identities, now):
        await suppressions.remove(connection, store_id, each, now)


async def newest_of(
    connection: AsyncConnection, store_id: str, numbers: Collection[str]
) -> Choice | None:
    """The newest suppression in force of several numbers, each of which may be another person's."""
    pairs = await aliases.pairs_of(connection, store_id, numbers) if numbers else []
    known = {alias for _, alias in pairs}.union(numbers)
    chosen = await suppressions.choices_of(connection, store_id, known)
    people = ({each, *(alias for number, alias in pairs if number == each)} for each in numbers)
    standing = (
        choices.standing(chosen[each] for each in person if each in chosen) for person in people
    )
    found = [each for each in standing if each is not None]
    return max(found, key=lambda each: each.since, default=None)


async def _locked(
    connection: AsyncConnection, store_id: str, identities: Collection[str], at: datetime
) -> list[str]:
    everything = sorted(await aliases.with_aliases(connection, store_id, identities, at))
    await lock_each(connection, [("address", store_id, each) for each in everything])
    return everything


async def pending(connection: AsyncConnection, limit: int) -> list[OptOut]:
    """Opt-outs whose open journeys are still to be ended, each store's oldest first."""
    store_ids = (await connection.execute(_STORES.limit(limit))).scalars().all()
    return [
        OptOut(**row)
        for row in await fair_rows(connection, _OLDEST, opt_outs.c.created_at, store_ids, limit)
    ]


async def remove(connection: AsyncConnection, done: OptOut) -> None:
    """Remove an opt-out whose journeys were ended; the suppression stays."""
    await connection.execute(
        delete(opt_outs).where(
            opt_outs.c.store_id == done.store_id, opt_outs.c.address_hash == done.address_hash
        )
    )
