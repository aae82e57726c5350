"""Whom a store must not message: numbers and user ids, as keyed hashes, so that erasure keeps them.

The person's latest choice counts, in any order of arrival and by whichever of their identities: a
suppression stores when it was last asked for and when it was lifted. Of two choices at the same
instant the suppression counts.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers import choices
from domain.customers.choices import Choice
from storage.database import insert_new, lock
from storage.result_changes import change, mark
from storage.tables import suppressions

_CHOICES: Final = select(suppressions).where(
    suppressions.c.store_id == bindparam("of_store"),
    suppressions.c.address_hash.in_(bindparam("identities", expanding=True)),
)


async def add(
    connection: AsyncConnection, store_id: str, address_hash: str, because: str, at: datetime
) -> None:
    """Suppress a number; no change if it is suppressed already, or was lifted after `at`."""
    await lock(connection, "address", store_id, address_hash)
    values = {"because": because, "created_at": at, "lifted_at": None}
    key = {"store_id": store_id, "address_hash": address_hash}
    if await insert_new(connection, suppressions, {**key, **values}) is not None:
        await mark(connection, [change(store_id, at)])
        return
    row = await _row(connection, store_id, address_hash)
    if row is None or _outdated(row, at):
        return
    if row["lifted_at"] is None:
        values["because"] = row["because"]
    await mark(connection, [change(store_id, each) for each in (row["created_at"], at)])
    await connection.execute(
        update(suppressions).where(_same_number(store_id, address_hash)).values(**values)
    )


async def would_begin(
    connection: AsyncConnection, store_id: str, address_hash: str, at: datetime
) -> bool:
    """Whether `add` would suppress a number that is not suppressed now."""
    row = await _row(connection, store_id, address_hash)
    return row is None or (row["lifted_at"] is not None and not _outdated(row, at))


async def lift(connection: AsyncConnection, store_id: str, address_hash: str, at: datetime) -> bool:
    """Let a number be messaged again, unless it was suppressed at that instant or later.

    Returns:
        Whether it was suppressed until now.
    """
    await lock(connection, "address", store_id, address_hash)
    row = await _row(connection, store_id, address_hash)
    if row is not None and row["created_at"] >= at:
        return False
    await _set_lifted(connection, store_id, address_hash, at)
    return row is not None and row["lifted_at"] is None


async def remove(
    connection: AsyncConnection, store_id: str, address_hash: str, now: datetime
) -> None:
    """Let a number be messaged again, in any case."""
    await lock(connection, "address", store_id, address_hash)
    await _set_lifted(connection, store_id, address_hash, now)


async def because(connection: AsyncConnection, store_id: str, address_hash: str) -> str | None:
    """Why a number is suppressed, or None when it is not."""
    row = await _row(connection, store_id, address_hash)
    return None if row is None or row["lifted_at"] is not None else str(row["because"])


async def choices_of(
    connection: AsyncConnection, store_id: str, identities: Collection[str]
) -> dict[str, Choice]:
    """What each of these identities chose; those that never chose are left out."""
    of_person = {"of_store": store_id, "identities": sorted(identities)}
    return {
        row["address_hash"]: Choice(row["because"], row["created_at"], row["lifted_at"])
        for row in (await connection.execute(_CHOICES, of_person)).mappings()
    }


async def standing(
    connection: AsyncConnection, store_id: str, identities: Collection[str]
) -> Choice | None:
    """The suppression in force of the person with these identities; None: there is none."""
    return choices.standing((await choices_of(connection, store_id, identities)).values())


async def _set_lifted(
    connection: AsyncConnection, store_id: str, address_hash: str, at: datetime
) -> None:
    """Also for a number that is not suppressed: an older choice may still arrive."""
    values = {
        "store_id": store_id,
        "address_hash": address_hash,
        "because": "",
        "created_at": at,
        "lifted_at": at,
    }
    if await insert_new(connection, suppressions, values) is None:
        later = suppressions.c.lifted_at.is_(None) | (suppressions.c.lifted_at < at)
        await connection.execute(
            update(suppressions)
            .where(_same_number(store_id, address_hash), later)
            .values(lifted_at=at)
        )


def _outdated(row: RowMapping, at: datetime) -> bool:
    """Whether a newer choice is recorded."""
    lifted_at = row["lifted_at"]
    return bool(at <= row["created_at"] if lifted_at is None else at < lifted_at)


async def _row(connection: AsyncConnection, store_id: str, address_hash: str) -> RowMapping | None:
    found = await connection.execute(
        select(suppressions).where(_same_number(store_id, address_hash))
    )
    return found.mappings().first()


def _same_number(store_id: str, address_hash: str) -> ColumnElement[bool]:
    return (suppressions.c.store_id == store_id) & (suppressions.c.address_hash == address_hash)
