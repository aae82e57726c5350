"""Aliases: keyed hashes that are one person's, as far as is known.

The forms of a number, the number that WhatsApp knows a person by, and Meta's business-scoped user
ids. Each pair is stored in both directions, so that a person is found by any of them.

An alias may have ended: a person who changes their number gets another user id, and the old number
may become another person's. It then only counts for choices that were made until then.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from typing import Any, Final

from sqlalchemy import tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.alias_statements import LASTING_PAIRS, MAX_IDENTITIES, PAIRS_AT, STORED, WRITE
from storage.tables import aliases

MAX_STEPS: Final = 5
"""From one identity to another of the same person: number, old user id, new user id, new number."""

BATCH: Final = 500

Pair = tuple[str, str]
"""An identity, and one that is the same person's."""


@dataclass(frozen=True)
class Learned:
    """That identities are one person's, of a store."""

    store_id: str
    identities: frozenset[str]
    at: datetime

    @property
    def pairs(self) -> list[Pair]:
        """Every two of them, in both directions."""
        return list(permutations(sorted(self.identities), 2))


async def pairs_of(
    connection: AsyncConnection,
    store_id: str,
    identities: Collection[str],
    at: datetime | None = None,
) -> list[Pair]:
    """The newest aliases of identities, for a choice that was made `at`; None: those that last."""
    query = LASTING_PAIRS if at is None else PAIRS_AT
    which = {"of_store": store_id, "identities": sorted(identities), "at": at}
    return [(row[0], row[1]) for row in await connection.execute(query, which)]


async def with_aliases(
    connection: AsyncConnection,
    store_id: str,
    identities: Collection[str],
    at: datetime | None = None,
) -> frozenset[str]:
    """Identities and their aliases, not those of aliases."""
    pairs = await pairs_of(connection, store_id, identities, at) if identities else []
    return frozenset(identities) | {alias for _, alias in pairs}


async def person(
    connection: AsyncConnection, store_id: str, identities: Collection[str], at: datetime
) -> frozenset[str]:
    """Identities, their aliases, the aliases of those, and so on."""
    known, newest = frozenset(identities), frozenset(identities)
    for _ in range(MAX_STEPS):
        if not newest or len(known) > MAX_IDENTITIES:
            break
        newest = await with_aliases(connection, store_id, newest, at) - known
        known |= newest
    return known


async def unknown(connection: AsyncConnection, learned: Sequence[Learned]) -> list[Learned]:
    """Those of which a pair is not stored, or ended."""
    stored: set[tuple[str, str, str]] = set()
    for store_id in {each.store_id for each in learned}:
        wanted = sorted(
            {hashed for each in learned if each.store_id == store_id for hashed in each.identities}
        )
        for start in range(0, len(wanted), BATCH):
            which = {"of_store": store_id, "identities": wanted[start : start + BATCH]}
            rows = await connection.execute(STORED, which)
            stored |= {(store_id, row[0], row[1]) for row in rows}
    return [
        each for each in learned if not stored.issuperset((each.store_id, *p) for p in each.pairs)
    ]


async def learn(connection: AsyncConnection, learned: Iterable[Learned]) -> None:
    """Store that identities are one person's. Idempotent.

    What ended begins again only by what was learned later.
    """
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for each in learned:
        for identity, alias in each.pairs:
            row = _row(each.store_id, identity, alias, each.at)
            rows[each.store_id, identity, alias] = row
    await _write(connection, [rows[key] for key in sorted(rows)])


async def move(
    connection: AsyncConnection, before: Learned, after: frozenset[str], ended: Collection[str]
) -> None:
    """Store that a person has other identities from some time on.

    Args:
        connection: of the transaction.
        before: the identities until then, and when that was.
        after: the new identities; choices made by an old one until then count for them.
        ended: those of the old identities that are no one's any more, such as an old user id. It
            stays the same person's as the new ones, and is no longer that of the old number.
    """
    at, store_id = before.at, before.store_id
    kept = before.identities - frozenset(ended)
    moved = [_row(store_id, old, new, at, ended_at=at) for old in kept for new in after]
    same = Learned(store_id, after | frozenset(ended), at)
    pairs = [(a, b) for old in kept for gone in ended for a, b in ((old, gone), (gone, old))]
    if pairs:
        await connection.execute(
            update(aliases)
            .where(
                aliases.c.store_id == store_id,
                tuple_(aliases.c.identity_hash, aliases.c.alias_hash).in_(pairs),
                aliases.c.ended_at.is_(None),
            )
            .values(ended_at=at)
        )
    await learn(connection, [same])
    await _write(
        connection, sorted(moved, key=lambda row: (row["identity_hash"], row["alias_hash"]))
    )


def _row(
    store_id: str, identity: str, alias: str, at: datetime, ended_at: datetime | None = None
) -> dict[str, Any]:
    return {
        "store_id": store_id,
        "identity_hash": identity,
        "alias_hash": alias,
        "learned_at": at,
        "ended_at": ended_at,
    }


async def _write(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(WRITE[connection.dialect.name], list(rows))
