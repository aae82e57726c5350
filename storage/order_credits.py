"""Orders of a period with the messages that they may credit, and what changed them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import BindParameter, Row, RowMapping, Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.attribution import last_delivered
from domain.results.order_entries import Order, OrderChange
from domain.stores.config import MAX_WINDOW
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

_AT_ONCE: Final = 500
"""Keys of one query."""


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


_PLACED: Final = select(orders).where(
    orders.c.store_id == _OF_STORE, orders.c.placed_at >= _START, orders.c.placed_at < _END
)
_CHANGED: Final = (
    select(order_changes.c.order_key)
    .distinct()
    .where(
        order_changes.c.store_id == _OF_STORE,
        order_changes.c.at >= _START,
        order_changes.c.at < _END,
    )
)
_MANY: Final[BindParameter[Any]] = bindparam("many", expanding=True)
_ORDERS: Final = select(orders).where(orders.c.store_id == _OF_STORE, orders.c.order_key.in_(_MANY))
_CHANGES: Final = select(order_changes).where(
    order_changes.c.store_id == _OF_STORE, order_changes.c.order_key.in_(_MANY)
)
_PEOPLE: Final = select(order_people.c.order_key, order_people.c.customer_id).where(
    order_people.c.store_id == _OF_STORE, order_people.c.order_key.in_(_MANY)
)
_DELIVERED: Final = select(*(messages.c[name] for name in _MESSAGE)).where(
    messages.c.store_id == _OF_STORE,
    messages.c.customer_id.in_(_MANY),
    messages.c.delivered_at.between(bindparam("earliest"), bindparam("latest")),
)
_CLICKED: Final = select(messages.c.click_token, *(messages.c[name] for name in _MESSAGE)).where(
    messages.c.store_id == _OF_STORE, messages.c.click_token.in_(_MANY)
)
"""One table each, by an index: a join of several reads whole tables where statistics lack."""


async def in_period(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[OrderWithMessages]:
    """The orders that were placed or changed in a period, from `start` up to `end`."""
    read = _Reader(connection, store_id)
    period = {"of_store": store_id, "start": start, "end": end}
    placed = (await connection.execute(_PLACED, period)).all()
    known = {row.order_key for row in placed}
    changed = set((await connection.execute(_CHANGED, period)).scalars()) - known
    return await _with_messages(read, [*placed, *await read.many(_ORDERS, changed)])


async def _with_messages(read: "_Reader", found: Sequence[Row[Any]]) -> list[OrderWithMessages]:
    keys = [row.order_key for row in found]
    changes = _grouped((row.order_key, row) for row in await read.many(_CHANGES, keys))
    people = _grouped((row.order_key, row.customer_id) for row in await read.many(_PEOPLE, keys))
    customers = {each for of_order in people.values() for each in of_order}
    delivered = _grouped(
        (row.customer_id, (row.delivered_at, row.message_id, row))
        for row in await read.many(_DELIVERED, customers, **_times(found))
    )
    tokens = {row.click_token for row in found} - {None}
    clicked = {row.click_token: row for row in await read.many(_CLICKED, tokens)}

    def with_messages(row: Row[Any]) -> OrderWithMessages:
        of_people = chain.from_iterable(delivered[each] for each in people[row.order_key])
        return OrderWithMessages(
            order_key=row.order_key,
            order_id=row.order_id,
            customer_id=row.customer_id,
            order=Order(row.placed_at, row.amount, row.currency),
            changes=tuple(_change(each) for each in changes[row.order_key]),
            clicked=_message(clicked.get(row.click_token)),
            last_delivered=_message(last_delivered(of_people, row.placed_at)),
        )

    return [with_messages(row) for row in found]


class _Reader:
    """Reads the rows of many keys, some hundreds at a time."""

    def __init__(self, connection: AsyncConnection, store_id: str) -> None:
        self._connection = connection
        self._store_id = store_id

    async def many(self, query: Select[Any], keys: Collection[str], **more: Any) -> list[Row[Any]]:
        """The rows of all these keys, with more parameters of the query."""
        found: list[Row[Any]] = []
        ordered = sorted(keys)
        for start in range(0, len(ordered), _AT_ONCE):
            which: dict[str, Any] = {
                "of_store": self._store_id,
                "many": ordered[start : start + _AT_ONCE],
            }
            which |= more
            found += (await self._connection.execute(query, which)).all()
        return found


def _times(found: Sequence[Row[Any]]) -> dict[str, datetime]:
    """Between which a message was delivered that one of the orders may credit."""
    placed = [row.placed_at for row in found] or [datetime.max.replace(tzinfo=UTC)]
    first = datetime.min.replace(tzinfo=UTC) + MAX_WINDOW
    return {"earliest": max(first, min(placed)) - MAX_WINDOW, "latest": max(placed)}


def _grouped(pairs: Iterable[tuple[str, Any]]) -> defaultdict[str, list[Any]]:
    grouped = defaultdict[str, list[Any]](list)
    for key, value in pairs:
        grouped[key].append(value)
    return grouped


def _message(row: Row[Any] | None) -> Mapping[str, Any] | None:
    return None if row is None else row._asdict()


def _change(row: Row[Any]) -> OrderChange:
    return OrderChange(row.kind, row.at, row.change_key, row.amount, row.currency)


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
