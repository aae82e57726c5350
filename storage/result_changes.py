"""Marks of late changes, by which a day that was rolled up is known to be stale.

Each transaction that changes what an old day says inserts one, so that it is there as soon as the
change is seen. What is new changes nothing that was rolled up: days are rolled up when they are
`SETTLED_AFTER` old, and marks begin much earlier, since clocks differ and transactions last.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, Insert, Select, bindparam, delete, insert, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.result_tables import order_changes, orders, result_changes
from storage.tables import messages

SETTLED_AFTER: Final = timedelta(days=3)
"""Days that ended so long ago are rolled up."""

LATE_AFTER: Final = timedelta(days=1)
"""What is younger needs no mark."""

_QUARTER: Final = 15
_BATCH: Final = 500


@dataclass(frozen=True)
class Change:
    """Something changed about the days of a store from `start` to `end`, both included."""

    store_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Mark:
    """A change that is stored."""

    id: int
    start: datetime
    end: datetime


def change(store_id: str, at: datetime) -> Change:
    """A change about a single time."""
    return Change(store_id, at, at)


async def mark_late(connection: AsyncConnection, changes: Iterable[Change], now: datetime) -> None:
    """Mark the changes that are about an old time; usually none are, which costs nothing."""
    await mark(connection, (each for each in changes if each.start < now - LATE_AFTER))


async def mark(connection: AsyncConnection, changes: Iterable[Change]) -> None:
    """Mark changes, however old."""
    rows = {(each.store_id, _quarter(each.start), _quarter(each.end)) for each in changes}
    if rows:
        names = ("store_id", "start_at", "end_at")
        await connection.execute(
            insert(result_changes), [dict(zip(names, row, strict=True)) for row in sorted(rows)]
        )


def _quarter(at: datetime) -> datetime:
    """Days of every zone are made of whole quarters of an hour, so that this changes no day."""
    utc = at.astimezone(UTC)
    return utc.replace(minute=utc.minute // _QUARTER * _QUARTER, second=0, microsecond=0)


_OF_STORE: Final[BindParameter[Any]] = bindparam("of_store")
_OLDER: Final[BindParameter[Any]] = bindparam("older_than")
_KEYS: Final[BindParameter[Any]] = bindparam("order_keys", expanding=True)
_MARKS: Final = ("store_id", "start_at", "end_at")


def _changed_orders(*, placed: bool) -> Insert:
    """The times at which orders count so far: of their placing, and of what changed them."""
    changed = select(order_changes.c.store_id, order_changes.c.at, order_changes.c.at.label("end"))
    whole: list[Select[Any]] = [
        changed.where(
            order_changes.c.store_id == _OF_STORE,
            order_changes.c.order_key.in_(_KEYS),
            order_changes.c.at < _OLDER,
        )
    ]
    if placed:
        at = orders.c.placed_at
        whole.append(
            select(orders.c.store_id, at, at.label("end")).where(
                orders.c.store_id == _OF_STORE, orders.c.order_key.in_(_KEYS), at < _OLDER
            )
        )
    return insert(result_changes).from_select(_MARKS, union_all(*whole))


_ORDERS: Final = _changed_orders(placed=True)
_CHANGES_OF_ORDERS: Final = _changed_orders(placed=False)


async def mark_orders(
    connection: AsyncConnection, keys: Iterable[tuple[str, str]], now: datetime
) -> None:
    """Mark the old times at which orders count, before they are written anew."""
    await _mark_times(connection, _ORDERS, keys, now)


async def mark_changes_of_orders(
    connection: AsyncConnection, keys: Iterable[tuple[str, str]], now: datetime
) -> None:
    """Mark the old times of what changed orders: another change may take off from theirs."""
    await _mark_times(connection, _CHANGES_OF_ORDERS, keys, now)


async def _mark_times(
    connection: AsyncConnection, statement: Insert, keys: Iterable[tuple[str, str]], now: datetime
) -> None:
    of_stores: dict[str, set[str]] = {}
    for store_id, key in keys:
        of_stores.setdefault(store_id, set()).add(key)
    for store_id, of_store in sorted(of_stores.items()):
        which = {
            "of_store": store_id,
            "order_keys": sorted(of_store),
            "older_than": now - LATE_AFTER,
        }
        await connection.execute(statement, which)


def _claimed_before() -> Insert:
    key = ("store_id", "customer_id", "trigger_event_id", "step", "fallback")
    until = bindparam("until", type_=result_changes.c.end_at.type)
    found = select(messages.c.store_id, messages.c.claimed_at, until).where(
        *(messages.c[name] == bindparam(f"of_{name}") for name in key),
        messages.c.claimed_at < _OLDER,
    )
    return insert(result_changes).from_select(_MARKS, found)


_CLAIMED_BEFORE: Final = _claimed_before()


async def mark_claimed_before(
    connection: AsyncConnection, of_key: dict[str, Any], now: datetime
) -> None:
    """Mark an old claim of a message that is about to be claimed again, and all days since.

    The journey may come first to another claim of those days then.
    """
    which = {**of_key, "older_than": now - LATE_AFTER, "until": now}
    await connection.execute(_CLAIMED_BEFORE, which)


async def marks_of(connection: AsyncConnection, store_id: str) -> list[Mark]:
    """All marks of a store."""
    query = select(result_changes.c.id, result_changes.c.start_at, result_changes.c.end_at)
    found = await connection.execute(query.where(result_changes.c.store_id == store_id))
    return [Mark(*row) for row in found]


async def forget(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Delete exactly these marks."""
    ordered: Sequence[int] = sorted(ids)
    for start in range(0, len(ordered), _BATCH):
        batch = ordered[start : start + _BATCH]
        await connection.execute(delete(result_changes).where(result_changes.c.id.in_(batch)))
