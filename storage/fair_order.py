"""A fair order of rows: stores alternate, however many rows one of them has."""

from typing import Any

from sqlalchemy import ColumnElement, func


def fair_position(
    store_id: ColumnElement[str], oldest_first: ColumnElement[Any]
) -> ColumnElement[int]:
    """A row's position among its store's rows. Order by it to alternate between stores."""
    return func.row_number().over(partition_by=store_id, order_by=oldest_first)
