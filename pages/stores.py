"""The page of all stores: each as one line of a table."""

from collections.abc import Iterable
from dataclasses import dataclass

from operations.store_overview import StoreOverview
from pages.sparkline import Sparkline, sparkline


@dataclass(frozen=True)
class StoreLine:
    """A store, and its last days as a line."""

    store: StoreOverview
    messages: Sparkline


def store_lines(stores: Iterable[StoreOverview]) -> list[StoreLine]:
    """The lines of the table, in the same order."""
    return [StoreLine(each, sparkline(each.messages_by_day, "messages")) for each in stores]
