"""Adding up what orders credit, in each of the ways."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.results.attribution import is_within
from domain.results.order_entries import Entry, entries
from storage.order_credits import OrderWithMessages
from storage.result_groups import Group

GroupOf = Callable[[Mapping[str, Any], datetime], Group]
"""The row that a message belongs to, of an order that changed the figures at some time."""


@dataclass
class OrderTotals:
    """What some orders come to."""

    orders: int = 0
    cancelled: int = 0
    of_unknown_value: int = 0
    revenue: Counter[str] = field(default_factory=Counter)
    """By currency, in millionths."""
    refunded: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        """Add one entry of an order."""
        self.orders += entry.placed - entry.cancelled
        self.cancelled += entry.cancelled
        self.of_unknown_value += entry.of_unknown_value
        if entry.currency is None:
            return
        self.revenue[entry.currency] += entry.amount
        if entry.amount < 0:
            self.refunded[entry.currency] -= entry.amount


@dataclass
class Credits:
    """The totals of each group by either rule, and of all orders."""

    clicked: defaultdict[Group, OrderTotals]
    within_window: defaultdict[Group, OrderTotals]
    all_orders: OrderTotals


def add_up(
    found: Iterable[OrderWithMessages],
    start: datetime,
    end: datetime,
    window: timedelta,
    group_of: GroupOf,
) -> Credits:
    """Credit orders to messages.

    Args:
        found: the orders that were placed or changed in the period.
        start: of the period.
        end: of the period; not in it.
        window: the store's attribution window.
        group_of: the row of a message.
    """
    credit = Credits(defaultdict(OrderTotals), defaultdict(OrderTotals), OrderTotals())
    for each in found:
        last = each.last_delivered
        delivered_at = last["delivered_at"] if last else None
        in_window = last if is_within(each.order.placed_at, delivered_at, window) else None
        for entry in entries(each.order, each.changes):
            if not start <= entry.at < end:
                continue
            credit.all_orders.add(entry)
            if each.clicked is not None:
                credit.clicked[group_of(each.clicked, entry.at)].add(entry)
            if in_window is not None:
                credit.within_window[group_of(in_window, entry.at)].add(entry)
    return credit
