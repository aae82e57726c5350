"""The people of an experiment, and what each of them ordered since."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Interval, Select, and_, bindparam, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.order_entries import Order, OrderChange
from storage.database import without_jit
from storage.exit_found_orders import FoundBy
from storage.result_groups import QUARTER, quarter_of
from storage.result_tables import assignments, order_changes, order_people, orders

_OF_STORE: Final[BindParameter[Any]] = bindparam("of_store")
_OF_EXPERIMENT: Final[BindParameter[Any]] = bindparam("of_experiment")
_OURS: Final = and_(
    assignments.c.store_id == _OF_STORE, assignments.c.experiment_id == _OF_EXPERIMENT
)


class People(NamedTuple):
    """People who entered an experiment at one time, in one arm."""

    variant: str | None
    held_out: bool | None
    loaded: int | None
    """Seconds since 1970 of the assignment with the plan, in whole quarters of an hour."""
    claimed: int | None
    """Of the first claim."""
    people: int


class Purchase(NamedTuple):
    """An order of a person in an experiment."""

    person: str
    variant: str | None
    held_out: bool | None
    loaded_at: datetime | None
    claimed_at: datetime | None
    placed_at: datetime
    amount: int | None
    """In millionths; None: not known."""
    currency: str | None
    changes: tuple[OrderChange, ...] = ()

    @property
    def order(self) -> Order:
        """The order itself."""
        return Order(self.placed_at, self.amount, self.currency)


async def people(connection: AsyncConnection, store_id: str, experiment_id: str) -> list[People]:
    """How many people entered an experiment when, by arm."""
    await without_jit(connection)
    loaded = quarter_of(connection, assignments.c.loaded_at).label("loaded")
    claimed = quarter_of(connection, assignments.c.claimed_at).label("claimed")
    columns = (assignments.c.variant, assignments.c.held_out, loaded, claimed)
    query = select(*columns, func.count().label("count")).where(_OURS).group_by(*columns)
    found = await connection.execute(query, _which(store_id, experiment_id))
    return [
        People(variant, held_out, _seconds(loaded_in), _seconds(claimed_in), count)
        for variant, held_out, loaded_in, claimed_in, count in found
    ]


def _seconds(quarter: int | None) -> int | None:
    return None if quarter is None else quarter * QUARTER


def _purchases(*, in_time: bool) -> Select[Any]:
    """Orders of people of an experiment; in time: those that may count.

    Of posted orders alone: what an exit check finds depends on when it asks.
    """
    of_person = and_(
        order_people.c.store_id == _OF_STORE,
        order_people.c.customer_id == assignments.c.customer_id,
    )
    of_order = and_(orders.c.store_id == _OF_STORE, orders.c.order_key == order_people.c.order_key)
    since = func.coalesce(assignments.c.loaded_at, assignments.c.claimed_at)
    until = func.greatest(assignments.c.loaded_at, assignments.c.claimed_at) + bindparam(
        "followed_for", type_=Interval
    )
    return (
        select(
            *(assignments.c[name] for name in ("person", "variant", "held_out")),
            *(assignments.c[name] for name in ("loaded_at", "claimed_at")),
            *(orders.c[name] for name in ("placed_at", "amount", "currency", "order_key")),
        )
        .join(order_people, of_person)
        .join(orders, of_order)
        .where(
            _OURS,
            orders.c.found_by == FoundBy.EVENT,
            orders.c.placed_at.between(since, until) if in_time else true(),
        )
    )


def _changes(purchases: Select[Any]) -> Select[Any]:
    return select(order_changes).where(
        order_changes.c.store_id == _OF_STORE,
        order_changes.c.order_key.in_(select(purchases.subquery().c.order_key)),
    )


_PURCHASES: Final = {
    # SQLite has no intervals, and without statistics it would read by the time: left out later.
    "sqlite": _purchases(in_time=False),
    "postgresql": _purchases(in_time=True),
}
_CHANGES: Final = {name: _changes(query) for name, query in _PURCHASES.items()}


async def purchases(
    connection: AsyncConnection, store_id: str, experiment_id: str, followed_for: timedelta
) -> list[Purchase]:
    """Every order that a person of an experiment placed in the time that counts, or later."""
    dialect = connection.dialect.name
    which: dict[str, Any] = _which(store_id, experiment_id)
    if dialect == "postgresql":
        which["followed_for"] = followed_for
    changes = defaultdict[str, list[OrderChange]](list)
    for row in (await connection.execute(_CHANGES[dialect], which)).mappings():
        change = OrderChange(
            row["kind"], row["at"], row["change_key"], row["amount"], row["currency"]
        )
        changes[row["order_key"]].append(change)
    found = await connection.execute(_PURCHASES[dialect], which)
    return [Purchase._make((*row, tuple(changes.get(order_key, ())))) for *row, order_key in found]


def _which(store_id: str, experiment_id: str) -> dict[str, str]:
    return {"of_store": store_id, "of_experiment": experiment_id}
