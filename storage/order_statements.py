"""The statements of `orders`, built once: building one takes longer than executing it."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Insert,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from storage.new_rows import insert_if_new
from storage.result_tables import EXIT_FOUND, order_changes, order_people, orders

_STATE: Final = ("customer_id", "event_id", "amount", "currency", "click_token", "state_at")
"""What the newest post of an order says. Its id stays as it is: it may be erased."""


def _newest_order(statement: SqliteInsert | PostgresqlInsert) -> Insert:
    """The newest state stands, and the earliest time of placing, in any order of arrival."""
    new, old = statement.excluded, orders.c
    newer = tuple_(new.state_at, new.event_id) > tuple_(old.state_at, old.event_id)
    earlier = new.placed_at < old.placed_at
    state: dict[str, Any] = {name: case((newer, new[name]), else_=old[name]) for name in _STATE}
    placed_at = case((earlier, new.placed_at), else_=old.placed_at)
    return statement.on_conflict_do_update(
        orders.primary_key, set_={**state, "placed_at": placed_at}, where=or_(newer, earlier)
    )


def _newest_change(statement: SqliteInsert | PostgresqlInsert) -> Insert:
    """Of several posts of one refund the newest stands."""
    new, old = statement.excluded, order_changes.c
    newer = tuple_(new.at, new.event_id) > tuple_(old.at, old.event_id)
    changed = ("event_id", "customer_id", "at", "amount", "currency")
    return statement.on_conflict_do_update(
        order_changes.primary_key, set_={name: new[name] for name in changed}, where=newer
    )


WRITE_ORDER: Final[Mapping[str, Insert]] = {
    "sqlite": _newest_order(SqliteInsert(orders)),
    "postgresql": _newest_order(PostgresqlInsert(orders)),
}
WRITE_CHANGE: Final[Mapping[str, Insert]] = {
    "sqlite": _newest_change(SqliteInsert(order_changes)),
    "postgresql": _newest_change(PostgresqlInsert(order_changes)),
}
ADD_EXIT_FOUND: Final = insert_if_new(orders)


def _add_people(statement: SqliteInsert | PostgresqlInsert) -> Insert:
    return statement.on_conflict_do_nothing()


ADD_PEOPLE: Final[Mapping[str, Insert]] = {
    "sqlite": _add_people(SqliteInsert(order_people)),
    "postgresql": _add_people(PostgresqlInsert(order_people)),
}

_OF_STORE: Final = orders.c.store_id == bindparam("of_store")
_OF_KEYS: Final[BindParameter[Any]] = bindparam("order_keys", expanding=True)

STATES: Final = select(orders.c.order_key, orders.c.placed_at, orders.c.state_at).where(
    _OF_STORE, orders.c.order_key.in_(_OF_KEYS)
)
"""When orders were placed, and of when their state is."""


def _exit_found_of_same_people() -> Select[Any]:
    """Orders that exit checks found in a time, with the orders that have a person of theirs."""
    theirs, people = order_people.alias(), order_people.alias()
    return (
        select(people.c.order_key, orders.c.order_key.label("found_key"), orders.c.placed_at)
        .join(theirs, _same_order(theirs.c, orders.c))
        .join(
            people,
            and_(
                people.c.store_id == theirs.c.store_id,
                people.c.customer_id == theirs.c.customer_id,
                people.c.order_key.in_(_OF_KEYS),
            ),
        )
        .where(
            _OF_STORE,
            text(EXIT_FOUND),
            orders.c.placed_at.between(bindparam("start"), bindparam("end")),
        )
        .order_by(orders.c.order_key)
        .with_for_update(of=orders)
    )


def _same_order(some: Any, other: Any) -> ColumnElement[bool]:
    return and_(some.store_id == other.store_id, some.order_key == other.order_key)


def _pushed() -> Select[Any]:
    """Whether an order was posted of one of these people, about a time."""
    return select(
        exists().where(
            order_people.c.store_id == bindparam("of_store"),
            order_people.c.customer_id.in_(bindparam("people", expanding=True)),
            _same_order(orders.c, order_people.c),
            orders.c.found_by == bindparam("found_by"),
            orders.c.placed_at <= bindparam("latest"),
            orders.c.state_at >= bindparam("earliest"),
        )
    )


EXIT_FOUND_OF_SAME_PEOPLE: Final = _exit_found_of_same_people()
PUSHED: Final = _pushed()
FORGET: Final[tuple[Delete, Delete]] = (
    delete(order_people).where(
        order_people.c.store_id == bindparam("of_store"), order_people.c.order_key.in_(_OF_KEYS)
    ),
    delete(orders).where(_OF_STORE, orders.c.order_key.in_(_OF_KEYS)),
)
