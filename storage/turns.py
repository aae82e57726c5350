"""Work that waits for several stores: they take turns, however much one of them has waiting."""

from typing import Any

from sqlalchemy import ColumnElement, func


def turn(store_id: ColumnElement[str], oldest_first: ColumnElement[Any]) -> ColumnElement[int]:
    """Where a row stands among its store's: ordered by this, each store's first come first."""
    return func.row_number().over(partition_by=store_id, order_by=oldest_first)
