"""Days of results that were rolled up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.facts import Facts
from storage import result_changes
from storage.database import insert_new
from storage.result_changes import Mark
from storage.result_tables import order_changes, orders, result_days, result_states
from storage.tables import journeys, messages, suppressions


@dataclass(frozen=True)
class Basis:
    """What a day's facts depend on besides what happened."""

    zone: str
    window: int
    """Seconds, of attribution."""


@dataclass(frozen=True)
class State:
    """What is known of a store's days. Read before the facts from which more are computed."""

    store_id: str
    basis: Basis
    generation: int
    """0: none was ever written."""
    marks: Sequence[Mark]
    days: frozenset[date]
    """Those that are stored with the basis of now."""


async def state_of(connection: AsyncConnection, store_id: str, basis: Basis) -> State:
    """The state of a store, the generation first: a later one then keeps others from writing."""
    generation = select(result_states.c.generation).where(result_states.c.store_id == store_id)
    known = (await connection.execute(generation)).scalar()
    marks = await result_changes.marks_of(connection, store_id)
    stored = select(result_days.c.day).where(*_with_basis(store_id, basis))
    days = frozenset((await connection.execute(stored)).scalars())
    return State(store_id, basis, known or 0, marks, days)


async def read(
    connection: AsyncConnection, store_id: str, basis: Basis, first: date, last: date
) -> dict[date, Facts]:
    """The facts of the stored days from `first` to `last`."""
    query = select(result_days.c.day, result_days.c.facts).where(
        *_with_basis(store_id, basis), result_days.c.day.between(first, last)
    )
    return {day: Facts.of_json(facts) for day, facts in await connection.execute(query)}


def _with_basis(store_id: str, basis: Basis) -> tuple[Any, ...]:
    return (
        result_days.c.store_id == store_id,
        result_days.c.zone == basis.zone,
        result_days.c.window_seconds == basis.window,
    )


def _upsert(statement: SqliteInsert | PostgresqlInsert) -> Any:
    new = statement.excluded
    names = ("zone", "window_seconds", "facts", "computed_at")
    return statement.on_conflict_do_update(
        result_days.primary_key, set_={name: new[name] for name in names}
    )


_WRITE: Final[Mapping[str, Any]] = {
    "sqlite": _upsert(SqliteInsert(result_days)),
    "postgresql": _upsert(PostgresqlInsert(result_days)),
}


@dataclass(frozen=True)
class Computed:
    """Facts of days, and the marks that they take into account."""

    days: Mapping[date, Facts]
    marks: Iterable[int] = ()
    """No other stored day is stale by them."""


async def write(
    connection: AsyncConnection, state: State, computed: Computed, now: datetime
) -> bool:
    """Write days, and delete what has another basis, unless others wrote since `state` was read.

    Returns:
        Whether they were written. If not, the days are to be computed again when they are needed.
    """
    store_id, basis = state.store_id, state.basis
    if not await _next_generation(connection, store_id, state.generation):
        return False
    other = or_(result_days.c.zone != basis.zone, result_days.c.window_seconds != basis.window)
    await connection.execute(delete(result_days).where(result_days.c.store_id == store_id, other))
    rows = [
        {
            "store_id": store_id,
            "day": day,
            "zone": basis.zone,
            "window_seconds": basis.window,
            "facts": facts.as_json(),
            "computed_at": now,
        }
        for day, facts in computed.days.items()
    ]
    if rows:
        await connection.execute(_WRITE[connection.dialect.name], rows)
    await result_changes.forget(connection, list(computed.marks))
    return True


async def _next_generation(connection: AsyncConnection, store_id: str, generation: int) -> bool:
    """Count one up from the generation that was read; False: another was first."""
    if generation == 0:
        values = {"store_id": store_id, "generation": 1}
        return await insert_new(connection, result_states, values) is not None
    counted = await connection.execute(
        update(result_states)
        .where(result_states.c.store_id == store_id, result_states.c.generation == generation)
        .values(generation=generation + 1)
    )
    return counted.rowcount == 1


_OF_STORE: Final[BindParameter[Any]] = bindparam("of_store")
_FIRST: Final = tuple(
    select(func.min(at)).where(at.table.c.store_id == _OF_STORE)
    for at in (
        *(messages.c.claimed_at, journeys.c.closed_at, orders.c.placed_at),
        *(order_changes.c.at, suppressions.c.created_at),
    )
)


async def first_fact_at(connection: AsyncConnection, store_id: str) -> datetime | None:
    """When the first thing happened that results count; None: nothing did."""
    times = [(await connection.execute(query, {"of_store": store_id})).scalar() for query in _FIRST]
    return min((each for each in times if each is not None), default=None)
