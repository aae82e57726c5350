"""Assignments: which arm of an experiment a person is in, once, also in later journeys."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.new_rows import insert_if_new
from storage.result_tables import assignments

_OF_PERSON: Final = (
    select(assignments.c.person, assignments.c.variant, assignments.c.held_out)
    .where(
        assignments.c.store_id == bindparam("of_store"),
        assignments.c.experiment_id == bindparam("of_experiment"),
        assignments.c.person.in_(bindparam("identities", expanding=True)),
    )
    .order_by(assignments.c.claimed_at.is_(None), assignments.c.claimed_at, assignments.c.person)
    .limit(1)
)
_ADD: Final = insert_if_new(assignments)


@dataclass(frozen=True)
class Assignment:
    """A person's arm."""

    person: str
    """The keyed hash by which the person was assigned."""
    variant: str | None
    held_out: bool | None
    """None: no message of theirs came to the claim yet."""


@dataclass(frozen=True)
class NewAssignment:
    """A person in an experiment."""

    store_id: str
    experiment_id: str
    person: str
    customer_id: str
    """Who it was at the time."""
    variant: str | None


async def of_person(
    connection: AsyncConnection, store_id: str, experiment_id: str, identities: Collection[str]
) -> Assignment | None:
    """The arm of a person, by any of their identities; None: not in the experiment.

    Two numbers that turn out to be one person's may have an arm each: that of the first claim
    counts.
    """
    which = {
        "of_store": store_id,
        "of_experiment": experiment_id,
        "identities": sorted(identities),
    }
    row = (await connection.execute(_OF_PERSON, which)).first()
    return None if row is None else Assignment(*row)


async def add_at_plan(connection: AsyncConnection, new: NewAssignment, now: datetime) -> None:
    """Assign a variant when the plan is loaded. Idempotent."""
    await connection.execute(
        _ADD[connection.dialect.name],
        {**new.__dict__, "held_out": None, "loaded_at": now, "claimed_at": None},
    )


async def add_at_claim(
    connection: AsyncConnection, new: NewAssignment, now: datetime, *, held_out: bool
) -> None:
    """Assign at the first claim; a variant that came with the plan stays.

    The caller holds the locks of the person.
    """
    row = {**new.__dict__, "held_out": held_out, "loaded_at": None, "claimed_at": now}
    added = await connection.execute(_ADD[connection.dialect.name], row)
    if added.first() is None:
        await connection.execute(
            update(assignments)
            .where(
                assignments.c.store_id == new.store_id,
                assignments.c.experiment_id == new.experiment_id,
                assignments.c.person == new.person,
            )
            .values(held_out=held_out, claimed_at=now)
        )
