"""What a store's messages brought, in a period: counted, credited, and caused."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.attribution import is_within
from domain.stores.config import StoreConfig
from domain.stores.message_costs import MessageCosts
from domain.values.durations import format_duration
from operations.caused import add_caused
from operations.order_totals import Credits, OrderTotals, add_up
from operations.result_models import AllOrders, ResultRow, Results, money
from storage import message_counts, order_credits
from storage.database import Database
from storage.result_groups import By, Group, day_of, group_of
from storage.stores import Store

ENTERED_BY_OPERATOR: Final = "operator"
"""The reason of suppressions that no customer asked for."""

_CLOSED: Final = frozenset({By.PLAN, By.DAY})
"""Rows that count closed journeys. The others count those that came to a claim."""

_COUNTS: Final = frozenset(
    {
        *("journeys", "messaged", "unconfirmed", "undelivered", "withheld"),
        *("delivered", "read", "clicked", "replied"),
    }
)


async def results_of(
    database: Database, store: Store, by: By, start: datetime, end: datetime
) -> Results:
    """The results of a store from `start` up to, not including, `end`."""
    table, period = _Table(store.config, by), (start, end)
    whose, ledger = (store.store_id, by, *period), message_counts
    journeys = ledger.closed_journeys if by in _CLOSED else ledger.journeys_with_messages
    async with database.reading(long=True) as connection:
        table.count(await ledger.counted(connection, *whose))
        table.count(await journeys(connection, *whose))
        orders = await order_credits.in_period(connection, store.store_id, *period)
        table.count_opt_outs(await _opt_outs(connection, store.store_id, *period))
        credit = add_up(orders, *period, store.config.attribution_window, table.group)
        table.add_credits(credit)
        if (costs := store.config.message_costs) is not None:
            table.add_costs(await ledger.billed(connection, *whose), costs)
        rows = table.sorted_rows()
        await add_caused(
            connection, store.store_id, store.config, rows, by=by, start=start, end=end
        )
    return Results.of(
        *period,
        by=by,
        attribution_window=format_duration(store.config.attribution_window),
        click_token=store.config.click_token,
        rows=rows,
        all_orders=_all_orders(credit.all_orders),
    )


async def _opt_outs(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    found = await order_credits.opt_outs_in(connection, store_id, start, end, ENTERED_BY_OPERATOR)
    return [dict(row) for row in found]


class _Rows(dict[Group, ResultRow]):
    """Rows that are made when they are first needed."""

    def __missing__(self, group: Group) -> ResultRow:
        self[group] = row = ResultRow(**group.__dict__)
        return row


@dataclass
class _Table:
    """The rows of one answer."""

    config: StoreConfig
    by: By
    rows: _Rows = field(default_factory=_Rows)

    def group(self, message: Mapping[str, Any], at: datetime) -> Group:
        """The row of a message; of days, that of the day on which something was found of it."""
        if self.by is By.DAY:
            return Group(day=day_of(at, self.config.timezone))
        return group_of(message, self.by, self.config.timezone)

    def sorted_rows(self) -> list[ResultRow]:
        """By what they are about."""
        return [self.rows[group] for group in sorted(self.rows, key=_sort_key)]

    def count(self, counted: Iterable[Mapping[str, Any]]) -> None:
        """Add counts to the rows that they are about."""
        totals = defaultdict[Group, Counter[str]](Counter)
        for row in counted:
            numbers = {name: value for name, value in row.items() if name in _COUNTS}
            totals[group_of(row, self.by, self.config.timezone)].update(numbers)
        for group, found in totals.items():
            for name, count in found.items():
                setattr(self.rows[group], name, count)

    def count_opt_outs(self, found: Iterable[Mapping[str, Any]]) -> None:
        """Count an opt-out for the last message before it, once per message."""
        counted = set[str]()
        for row in found:
            window = self.config.attribution_window
            within = is_within(row["created_at"], row["delivered_at"], window)
            if within and row["message_id"] not in counted:
                counted.add(row["message_id"])
                self.rows[self.group(row, row["created_at"])].opted_out += 1

    def add_costs(self, billed: Iterable[Mapping[str, Any]], costs: MessageCosts) -> None:
        """Add what Meta charges, to each row that there is."""
        totals = defaultdict[Group, Decimal](Decimal)
        for each in billed:
            group = group_of(each, self.by, self.config.timezone)
            rate = costs.rate(each["price_category"], each["country"])
            if rate is None:
                self.rows[group].cost_unknown += each["count"]
            else:
                totals[group] += rate * each["count"]
        for group, row in self.rows.items():
            row.cost = {costs.currency: totals[group]}

    def add_credits(self, credit: Credits) -> None:
        """Add the orders that are credited to the rows."""
        for group, total in credit.clicked.items():
            _add_totals(self.rows[group], "clicked", total)
        for group, total in credit.within_window.items():
            _add_totals(self.rows[group], "within_window", total)


def _add_totals(row: ResultRow, way: str, total: OrderTotals) -> None:
    setattr(row.orders, way, total.orders)
    setattr(row.cancelled, way, total.cancelled)
    setattr(row.of_unknown_value, way, total.of_unknown_value)
    setattr(row.revenue, way, money(total.revenue))
    setattr(row.refunded, way, money(total.refunded))


def _sort_key(group: Group) -> tuple[str, ...]:
    parts = (group.day, group.plan, group.step, group.variant, group.template, group.language)
    return tuple("" if part is None else f"{part!s:>3}" for part in parts)


def _all_orders(total: OrderTotals) -> AllOrders:
    return AllOrders(
        orders=total.orders,
        cancelled=total.cancelled,
        of_unknown_value=total.of_unknown_value,
        revenue=money(total.revenue),
        refunded=money(total.refunded),
    )
