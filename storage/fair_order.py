"""A fair order of rows that wait: stores alternate, however many rows one of them has.

Neither a store's rows nor the table are read from end to end: an index by store and time leads to
the next store, and to each store's oldest rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, RowMapping, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection


def stores_in(store_id: Column[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    """The stores of which a table has rows, in random order, each found by one step in its index.

    Args:
        store_id: the table's column.
        conditions: which stores are wanted, by `column("store_id")`.
    """
    smallest = func.min(store_id)
    found = select(smallest.label("store_id")).cte(recursive=True)
    following = select(smallest).where(store_id > found.c.store_id).correlate(found)
    found = found.union_all(
        select(following.scalar_subquery()).where(found.c.store_id.is_not(None))
    )
    stores = select(found.c.store_id).where(found.c.store_id.is_not(None), *conditions)
    return stores.order_by(func.random())


@dataclass
class _Share:
    """A store's rows so far."""

    store_id: str
    rows: Sequence[RowMapping] = ()
    asked: int = 0

    @property
    def may_have_more(self) -> bool:
        return len(self.rows) == self.asked


async def fair_rows(
    connection: AsyncConnection,
    of_store: Select[Any],
    at: Column[Any],
    store_ids: Sequence[str],
    limit: int,
) -> list[RowMapping]:
    """As many rows of each store as fit: the oldest row of every store first, by their time.

    Args:
        connection: to read by.
        of_store: a store's rows, oldest first; with the parameters `of_store` and `up_to`.
        at: the rows' time.
        store_ids: the stores, at most `limit`.
        limit: how many rows in all.
    """
    shares = [_Share(store_id) for store_id in store_ids]
    room, hungry = limit, list(shares)
    while room > 0 and hungry:
        each = max(1, room // len(hungry))
        for share in hungry[:room]:
            share.asked += each
            parameters = {"of_store": share.store_id, "up_to": share.asked}
            share.rows = (await connection.execute(of_store, parameters)).mappings().all()
        room = limit - sum(len(share.rows) for share in shares)
        hungry = [share for share in shares if share.may_have_more]
    placed = (numbered for share in shares for numbered in enumerate(share.rows))
    return [row for _, row in sorted(placed, key=lambda each: (each[0], each[1][at]))]
