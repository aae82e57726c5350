"""Orders, and what changed them: what results are computed from, in any order of arrival.

The transaction that writes one holds its lock (`order_lock`), so that two posts of an order, or a
post and an exit check that found the same order, take turns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.identity import keyed_hash
from domain.events.orders import ChangeKind, Money, OrderChange
from storage import result_changes
from storage.exit_found_orders import FoundBy, forget_exit_found, person_row
from storage.order_statements import ADD_PEOPLE, WRITE_CHANGE, WRITE_ORDER
from storage.result_changes import change

MAX_ORDER_ID: Final = 256
"""Characters that are kept of a partner's id. The key is of all of it."""


@dataclass(frozen=True)
class PostedOrder:
    """One post of an order, as it is written."""

    store_id: str
    order_key: str
    order_id: str | None
    customer_id: str
    event_id: str
    at: datetime
    money: Money
    click_token: str | None
    """Of the message whose link led to it."""
    people: frozenset[str]
    """Every customer id of the person, as far as it is known with this post."""


@dataclass(frozen=True)
class PostedChange:
    """One post of a refund or a cancellation, as it is written."""

    store_id: str
    change_key: str
    order_key: str
    kind: ChangeKind
    event_id: str
    customer_id: str
    at: datetime
    money: Money


def order_key(hash_key: str, order_id: str | None, event_id: str) -> str:
    """The key of an order: a keyed hash of the partner's id; without one, of the event's."""
    of = f"order_event:{event_id}" if order_id is None else f"order:{order_id}"
    return keyed_hash(hash_key, of)


def change_key(hash_key: str, change: OrderChange, of_order: str, event_id: str) -> str:
    """The key of a refund or cancellation: of the partner's refund id, or of the event's.

    Refund ids may be counted anew for each order.
    """
    own = f"event:{event_id}" if change.refund_id is None else f"{of_order}:{change.refund_id}"
    return keyed_hash(hash_key, f"{change.kind}:{own}")


def order_lock(store_id: str, key: str) -> tuple[str, ...]:
    """The name of an order's lock, which is taken after those of people."""
    return ("order", store_id, key)


async def add(connection: AsyncConnection, posted: Sequence[PostedOrder], now: datetime) -> None:
    """Write posts of orders, in any order and repeated.

    Args:
        connection: of the accepting transaction, which holds the orders' locks.
        posted: of any stores.
        now: the time of arrival.
    """
    if not posted:
        return
    ordered = sorted(posted, key=lambda each: (each.store_id, each.order_key))
    dialect = connection.dialect.name
    # what is stored counts at its old times no longer
    await result_changes.mark_orders(connection, _keys(ordered), now)
    await _mark_posted(connection, ordered, now)
    await connection.execute(WRITE_ORDER[dialect], [_order_row(each, now) for each in ordered])
    await connection.execute(ADD_PEOPLE[dialect], _people_rows(ordered))
    for store_id in sorted({each.store_id for each in ordered}):
        keys = sorted({each.order_key for each in ordered if each.store_id == store_id})
        await forget_exit_found(connection, store_id, keys, now)


async def add_changes(
    connection: AsyncConnection, posted: Sequence[PostedChange], now: datetime
) -> None:
    """Write refunds and cancellations, before or after their orders, and repeated."""
    if posted:
        await result_changes.mark_changes_of_orders(connection, _keys(posted), now)
        await _mark_posted(connection, posted, now)
        ordered = sorted(posted, key=lambda each: (each.store_id, each.change_key))
        rows = [_change_row(each) for each in ordered]
        await connection.execute(WRITE_CHANGE[connection.dialect.name], rows)


def _keys(posted: Iterable[PostedOrder | PostedChange]) -> set[tuple[str, str]]:
    return {(each.store_id, each.order_key) for each in posted}


async def _mark_posted(
    connection: AsyncConnection, posted: Iterable[PostedOrder | PostedChange], now: datetime
) -> None:
    late = (change(each.store_id, each.at) for each in posted)
    await result_changes.mark_late(connection, late, now)


def _order_row(posted: PostedOrder, now: datetime) -> dict[str, Any]:
    return {
        "store_id": posted.store_id,
        "order_key": posted.order_key,
        "order_id": posted.order_id and posted.order_id[:MAX_ORDER_ID],
        "customer_id": posted.customer_id,
        "event_id": posted.event_id,
        "found_by": FoundBy.EVENT,
        "placed_at": posted.at,
        "state_at": posted.at,
        "amount": posted.money.millionths,
        "currency": posted.money.currency,
        "click_token": posted.click_token,
        "received_at": now,
    }


def _people_rows(posted: Iterable[PostedOrder]) -> list[dict[str, Any]]:
    pairs = {(each.store_id, each.order_key, person) for each in posted for person in each.people}
    return [person_row(*pair) for pair in sorted(pairs)]


def _change_row(posted: PostedChange) -> dict[str, Any]:
    return {
        "store_id": posted.store_id,
        "change_key": posted.change_key,
        "order_key": posted.order_key,
        "kind": posted.kind,
        "event_id": posted.event_id,
        "customer_id": posted.customer_id,
        "at": posted.at,
        "amount": posted.money.millionths,
        "currency": posted.money.currency,
    }
