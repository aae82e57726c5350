"""Orders of a period with the messages that they may credit, and what changed them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    RowMapping,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.order_entries import Order, OrderChange
from storage.result_tables import order_changes, order_people, orders
from storage.tables import messages, suppressions

_OF_STORE: Final[BindParameter[Any]] = bindparam("of_store")
_START: Final[BindParameter[Any]] = bindparam("start")
_END: Final[BindParameter[Any]] = bindparam("end")
_MESSAGE: Final = (
    *("message_id", "customer_id", "kind", "step", "fallback", "variant"),
    *("template", "language", "channel", "claimed_at", "delivered_at"),
)
"""What is needed of a message that an order may credit."""


@dataclass(frozen=True)
class OrderWithMessages:
    """An order, and the two messages that it may credit."""

    order_key: str
    order_id: str | None
    customer_id: str
    order: Order
    changes: tuple[OrderChange, ...]
    clicked: Mapping[str, Any] | None
    """The message whose token came with the order."""
    last_delivered: Mapping[str, Any] | None
    """The last message that was delivered to the person before the order was placed."""


def _relevant() -> Subquery:
    """The orders that were placed or changed in the period."""
    placed = select(orders.c.order_key).where(
        orders.c.store_id == _OF_STORE, orders.c.placed_at >= _START, orders.c.placed_at < _END
    )
    changed = select(order_changes.c.order_key).where(
        order_changes.c.store_id == _OF_STORE,
        order_changes.c.at >= _START,
        order_changes.c.at < _END,
    )
    return union(placed, changed).subquery("relevant")


def _delivered_before(relevant: Subquery) -> Subquery:
    """Each order's last message; the order of equals is by id, so that it is always the same."""
    newest = (messages.c.delivered_at.desc().nulls_last(), messages.c.message_id.desc())
    place = func.row_number().over(partition_by=orders.c.order_key, order_by=newest)
    of_order = and_(orders.c.store_id == _OF_STORE, orders.c.order_key == relevant.c.order_key)
    of_people = and_(
        order_people.c.store_id == _OF_STORE, order_people.c.order_key == orders.c.order_key
    )
    # An outer join, so that SQLite goes from people to messages: the other way, which it prefers
    # without statistics, reads all messages of the store for each order.
    to_people = and_(
        messages.c.store_id == _OF_STORE,
        messages.c.customer_id == order_people.c.customer_id,
        messages.c.delivered_at <= orders.c.placed_at,
    )
    return (
        select(orders.c.order_key, messages.c.message_id, place.label("place"))
        .select_from(relevant.join(orders, of_order).join(order_people, of_people))
        .outerjoin(messages, to_people)
        .subquery("delivered_before")
    )


def _credits() -> Select[Any]:
    relevant = _relevant()
    before = _delivered_before(relevant)
    clicked, last = messages.alias("clicked"), messages.alias("last")
    source = (
        relevant.join(
            orders,
            and_(orders.c.store_id == _OF_STORE, orders.c.order_key == relevant.c.order_key),
        )
        .outerjoin(
            clicked,
            and_(clicked.c.store_id == _OF_STORE, clicked.c.click_token == orders.c.click_token),
        )
        .outerjoin(before, and_(before.c.order_key == orders.c.order_key, before.c.place == 1))
        .outerjoin(last, last.c.message_id == before.c.message_id)
    )
    return select(
        orders,
        *(clicked.c[name].label(f"clicked_{name}") for name in _MESSAGE),
        *(last.c[name].label(f"last_{name}") for name in _MESSAGE),
    ).select_from(source)


def _changes() -> Select[Any]:
    relevant = _relevant()
    return select(order_changes).where(
        order_changes.c.store_id == _OF_STORE,
        order_changes.c.order_key.in_(select(relevant.c.order_key)),
    )


_CREDITS: Final = _credits()
_CHANGES: Final = _changes()


async def in_period(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[OrderWithMessages]:
    """The orders that were placed or changed in a period, from `start` up to `end`."""
    which = {"of_store": store_id, "start": start, "end": end}
    changes = defaultdict[str, list[OrderChange]](list)
    for row in (await connection.execute(_CHANGES, which)).mappings():
        change = OrderChange(
            row["kind"], row["at"], row["change_key"], row["amount"], row["currency"]
        )
        changes[row["order_key"]].append(change)
    found = (await connection.execute(_CREDITS, which)).mappings()
    return [_of_row(row, changes) for row in found]


def _of_row(row: Any, changes: Mapping[str, list[OrderChange]]) -> OrderWithMessages:
    return OrderWithMessages(
        order_key=row["order_key"],
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        order=Order(row["placed_at"], row["amount"], row["currency"]),
        changes=tuple(changes.get(row["order_key"], ())),
        clicked=_message(row, "clicked"),
        last_delivered=_message(row, "last"),
    )


def _message(row: Any, prefix: str) -> Mapping[str, Any] | None:
    if row[f"{prefix}_message_id"] is None:
        return None
    return {name: row[f"{prefix}_{name}"] for name in _MESSAGE}


_OPTED_OUT: Final = (
    select(
        suppressions.c.address_hash,
        suppressions.c.created_at,
        *(messages.c[name] for name in _MESSAGE),
    )
    .join(
        messages,
        and_(
            messages.c.store_id == _OF_STORE,
            messages.c.address_hash == suppressions.c.address_hash,
            messages.c.delivered_at <= suppressions.c.created_at,
        ),
    )
    .where(
        suppressions.c.store_id == _OF_STORE,
        suppressions.c.created_at >= _START,
        suppressions.c.created_at < _END,
        suppressions.c.because.not_in(("", bindparam("of_operator"))),  # "": lifted, never made
    )
    .order_by(messages.c.delivered_at, messages.c.message_id)
)


async def opt_outs_in(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime, by_operator: str
) -> list[RowMapping]:
    """The opt-outs of a period, each with the last message delivered before it.

    Args:
        connection: to read by.
        store_id: which store.
        start: of the period.
        end: of the period; not in it.
        by_operator: the reason of suppressions that an operator entered, which are left out.
    """
    which = {"of_store": store_id, "start": start, "end": end, "of_operator": by_operator}
    found = (await connection.execute(_OPTED_OUT, which)).mappings()
    return list({row["address_hash"]: row for row in found}.values())
