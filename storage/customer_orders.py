"""The orders of one customer, for export, erasure and purging of the partner's ids."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.orders import decimal_text
from storage.messages import ERASED
from storage.result_tables import link_clicks, order_changes, order_people, orders

BATCH_SIZE: Final = 500

Rows = list[dict[str, Any]]
Cursor = tuple[datetime, str]
"""When the last order of a batch was placed, and its key."""

_INTERNAL: Final = frozenset({"store_id", "customer_id", "order_key", "change_key"})


async def stored(connection: AsyncConnection, store_id: str, customer_id: str) -> Rows:
    """The orders of a person, oldest first, each with its refunds and cancellations.

    Those whose order never came stand apart, without one. Amounts are decimal text.
    """
    found = list((await connection.execute(_orders_of(store_id, customer_id))).mappings())
    changes = await _changes(connection, store_id, customer_id, [row["order_key"] for row in found])
    known = [{**_shown(row), "changes": changes.pop(row["order_key"], [])} for row in found]
    return known + [{"order_id": None, "changes": rest} for rest in changes.values()]


async def is_known(connection: AsyncConnection, store_id: str, customer_id: str) -> bool:
    """Whether a customer is among those who placed an order."""
    query = _keys_of(store_id, customer_id).limit(1)
    return (await connection.execute(query)).first() is not None


async def erase(connection: AsyncConnection, store_id: str, customer_id: str) -> None:
    """Empty the partner's ids of a person's orders; their keys stay, so that none counts twice.

    Rows are locked in the order in which posts of orders lock them.
    """
    query = _orders_of(store_id, customer_id).where(orders.c.order_id != ERASED)
    locked = query.order_by(None).order_by(orders.c.order_key).with_for_update()
    keys = [row["order_key"] for row in (await connection.execute(locked)).mappings()]
    await _empty(connection, store_id, keys)


async def purge_ids(
    connection: AsyncConnection, store_id: str, before: datetime, after: Cursor | None
) -> tuple[int, Cursor | None]:
    """Empty the partner's ids of a batch of old orders; how many, and the next cursor."""
    place = (orders.c.placed_at, orders.c.order_key)
    query = select(*place).where(orders.c.store_id == store_id, orders.c.placed_at < before)
    if after is not None:
        query = query.where(tuple_(*place) > after)
    rows = list(await connection.execute(query.order_by(*place).limit(BATCH_SIZE)))
    count = await _empty(connection, store_id, sorted(row.order_key for row in rows))
    last = rows[-1] if len(rows) == BATCH_SIZE else None
    return count, None if last is None else (last.placed_at, last.order_key)


async def purge_clicks(connection: AsyncConnection, store_id: str, before: datetime) -> int:
    """Delete a batch of the old clicks that Meta told of; how many."""
    old = (
        select(link_clicks.c.click_id)
        .where(link_clicks.c.store_id == store_id, link_clicks.c.clicked_at < before)
        .limit(BATCH_SIZE)
    )
    mine = link_clicks.c.store_id == store_id
    removed = await connection.execute(
        delete(link_clicks).where(mine, link_clicks.c.click_id.in_(old))
    )
    return removed.rowcount


async def _empty(connection: AsyncConnection, store_id: str, keys: list[str]) -> int:
    if not keys:
        return 0
    mine = (orders.c.store_id == store_id, orders.c.order_key.in_(keys))
    emptied = await connection.execute(
        update(orders).where(*mine, orders.c.order_id != ERASED).values(order_id=ERASED)
    )
    return emptied.rowcount


async def _changes(
    connection: AsyncConnection, store_id: str, customer_id: str, keys: Iterable[str]
) -> dict[str, Rows]:
    """The changes of some orders, and those that the customer posted themselves, by order."""
    theirs: ColumnElement[bool] = or_(
        order_changes.c.order_key.in_(keys), order_changes.c.customer_id == customer_id
    )
    query = select(order_changes).where(order_changes.c.store_id == store_id, theirs)
    found: defaultdict[str, Rows] = defaultdict(list)
    for row in (await connection.execute(query.order_by(order_changes.c.at))).mappings():
        found[row["order_key"]].append(_shown(row))
    return found


def _keys_of(store_id: str, customer_id: str) -> Select[Any]:
    people = order_people.c
    return select(people.order_key).where(
        people.store_id == store_id, people.customer_id == customer_id
    )


def _orders_of(store_id: str, customer_id: str) -> Select[Any]:
    theirs = orders.c.order_key.in_(_keys_of(store_id, customer_id))
    query = select(orders).where(orders.c.store_id == store_id, theirs)
    return query.order_by(orders.c.placed_at, orders.c.order_key)


def _shown(row: RowMapping) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in _INTERNAL}
    return {**shown, "amount": decimal_text(row["amount"])}
