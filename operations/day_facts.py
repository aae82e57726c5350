"""The facts of days, computed from the tables."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.attribution import is_within
from domain.results.days import Span, day_of
from domain.results.facts import (
    ALL,
    CLICKED,
    OPTED_OUT,
    WITHIN_WINDOW,
    Facts,
    Subject,
)
from domain.results.order_entries import Entry, entries
from domain.stores.config import StoreConfig
from storage import message_counts, order_credits
from storage.order_credits import OrderWithMessages
from storage.stores import Store

ENTERED_BY_OPERATOR: Final = "operator"
"""The reason of suppressions that no customer asked for."""

WHOLE_QUARTERS_SINCE: Final = 1973
"""Every time zone is some quarters of an hour from UTC since then."""

_EVERYTHING: Final = Subject()


class FactsOfDays(defaultdict[date, Facts]):
    """Facts by day."""

    def __init__(self, spans: Sequence[Span] = ()) -> None:
        """No facts yet of these days."""
        super().__init__(Facts)
        for span in spans:
            self[span.day] = Facts()


async def compute(
    connection: AsyncConnection, store: Store, period: tuple[datetime, datetime], spans: list[Span]
) -> FactsOfDays:
    """The facts of a period by day.

    Args:
        connection: to read by.
        store: whose.
        period: its start and its end.
        spans: its days; none where it is older than anything in the ledger.
    """
    facts = FactsOfDays(spans)
    if spans:
        await message_counts.add_counts(connection, store.store_id, spans, facts)
    days = _Days(store.config)
    for row in await order_credits.opt_outs_in(
        connection, store.store_id, *period, ENTERED_BY_OPERATOR
    ):
        at: datetime = row["created_at"]
        if is_within(at, row["delivered_at"], store.config.attribution_window):
            facts[days.of(at)].add(_subject(row), OPTED_OUT, 1)
    for order in await order_credits.in_period(connection, store.store_id, *period):
        _add_order(facts, order, period, days)
    return facts


class _Days:
    """The days of times, each computed once for a quarter of an hour."""

    def __init__(self, config: StoreConfig) -> None:
        self.window = config.attribution_window
        self._zone = config.timezone
        self._known: dict[tuple[date, int, int], date] = {}

    def of(self, at: datetime) -> date:
        """The day of a time in UTC."""
        if at.year < WHOLE_QUARTERS_SINCE:
            return day_of(at, self._zone)
        quarter = (at.date(), at.hour, at.minute // 15)
        found = self._known.get(quarter)
        if found is None:
            self._known[quarter] = found = day_of(at, self._zone)
        return found


def _add_order(
    facts: FactsOfDays,
    found: OrderWithMessages,
    period: tuple[datetime, datetime],
    days: _Days,
) -> None:
    """Add what an order adds to the figures in the period, in each of the ways."""
    last = found.last_delivered
    delivered_at = last["delivered_at"] if last else None
    subjects = [(ALL, _EVERYTHING)]
    if found.clicked is not None:
        subjects.append((CLICKED, _subject(found.clicked)))
    if last is not None and is_within(found.order.placed_at, delivered_at, days.window):
        subjects.append((WITHIN_WINDOW, _subject(last)))
    for entry in entries(found.order, found.changes):
        if period[0] <= entry.at < period[1]:
            mine = facts[days.of(entry.at)]
            for way, subject in subjects:
                _add_entry(mine, subject, way, entry)


def _add_entry(facts: Facts, subject: Subject, way: str, entry: Entry) -> None:
    facts.add(subject, f"{way}:orders", entry.placed - entry.cancelled)
    facts.add(subject, f"{way}:cancelled", entry.cancelled)
    facts.add(subject, f"{way}:of_unknown_value", entry.of_unknown_value)
    if entry.currency is not None:
        numbers = facts[subject]
        numbers[f"{way}:revenue:{entry.currency}"] += entry.amount
        if entry.amount < 0:
            numbers[f"{way}:refunded:{entry.currency}"] -= entry.amount


def _subject(message: Any) -> Subject:
    return Subject(*(message[name] for name in Subject._fields))
