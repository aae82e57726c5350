"""Which of many numbers are suppressed, by whichever of their person's identities."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers import choices
from domain.customers.choices import Choice
from storage.alias_statements import MAX_IDENTITIES
from storage.tables import aliases, suppressions

StoreHash = tuple[str, str]
"""A store, and the keyed hash of one identity of a person."""

_BY_NEWEST: Final = func.row_number().over(
    partition_by=(aliases.c.store_id, aliases.c.identity_hash),
    order_by=(aliases.c.learned_at.desc(), aliases.c.alias_hash),
)
_RANKED: Final = (
    select(
        aliases.c.store_id,
        aliases.c.identity_hash,
        aliases.c.alias_hash,
        aliases.c.learned_at,
        _BY_NEWEST.label("place"),
    )
    .where(
        aliases.c.store_id.in_(bindparam("store_ids", expanding=True)),
        aliases.c.identity_hash.in_(bindparam("hashes", expanding=True)),
        aliases.c.ended_at.is_(None),
    )
    .subquery()
)
_ALIASES: Final = (
    select(_RANKED)
    .where(_RANKED.c.place <= MAX_IDENTITIES)
    .order_by(_RANKED.c.learned_at.desc(), _RANKED.c.alias_hash)
)
_CHOICES: Final = select(suppressions).where(
    suppressions.c.store_id.in_(bindparam("store_ids", expanding=True)),
    suppressions.c.address_hash.in_(bindparam("hashes", expanding=True)),
)


async def suppressed_among(
    connection: AsyncConnection, people: Mapping[int, tuple[str, frozenset[str]]]
) -> set[int]:
    """Those of these people who are suppressed, by two queries.

    Args:
        connection: of the transaction.
        people: each with their store, and their number in every form.
    """
    asked = {(store_id, form) for store_id, forms in people.values() for form in forms}
    if not asked:
        return set()
    known = await _aliases_of(connection, asked)
    persons = {
        number: {(store_id, each) for each in _person(store_id, forms, known)}
        for number, (store_id, forms) in people.items()
    }
    made = await _choices_of(connection, set().union(*persons.values()))
    return {
        number
        for number, person in persons.items()
        if choices.standing(made[each] for each in person if each in made)
    }


def _person(
    store_id: str, forms: frozenset[str], known: Mapping[StoreHash, list[str]]
) -> frozenset[str]:
    """A number's forms with their aliases, not those of aliases."""
    found = [alias for form in sorted(forms) for alias in known.get((store_id, form), ())]
    return forms.union(found[:MAX_IDENTITIES])


async def _aliases_of(
    connection: AsyncConnection, asked: Collection[StoreHash]
) -> dict[StoreHash, list[str]]:
    found: defaultdict[StoreHash, list[str]] = defaultdict(list)
    for row in await connection.execute(_ALIASES, _parameters(asked)):
        found[row.store_id, row.identity_hash].append(row.alias_hash)
    return found


async def _choices_of(
    connection: AsyncConnection, asked: Collection[StoreHash]
) -> dict[StoreHash, Choice]:
    rows = (await connection.execute(_CHOICES, _parameters(asked))).mappings()
    return {
        (row["store_id"], row["address_hash"]): Choice(
            row["because"], row["created_at"], row["lifted_at"]
        )
        for row in rows
    }


def _parameters(asked: Collection[StoreHash]) -> dict[str, list[str]]:
    return {
        "store_ids": sorted({store_id for store_id, _ in asked}),
        "hashes": sorted({hashed for _, hashed in asked}),
    }
