"""The page of all stores: each as one line of a table."""

from collections.abc import Iterable
from dataclasses import dataclass

from operations.store_overview import StoreOverview
from pages.sparkline import Sparkline, sparkline


@dataclass(frozen=True)
class StoreLine:
    """A store, and its last days as lines."""

    store: StoreOverview
    messages: Sparkline
    orders: Sparkline


def store_lines(stores: Iterable[StoreOverview]) -> list[StoreLine]:
    """The lines of the table, in the same order."""
    return [
        StoreLine(
            each,
            messages=sparkline(each.messages_by_day, "messages"),
            orders=sparkline(each.orders_by_day, "orders"),
        )
        for each in stores
    ]
