"""What a store's messages brought, in a period: counted, credited, and caused."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from domain.results.facts import (
    ALL,
    BILLED,
    CLICKED,
    CLOSED,
    JOURNEYS,
    WITHIN_WINDOW,
    Facts,
    Subject,
    parts,
    total,
)
from domain.stores.config import StoreConfig
from domain.stores.message_costs import MessageCosts
from domain.values.durations import format_duration
from operations.caused import add_caused
from operations.result_models import AllOrders, ResultRow, Results, money
from operations.rollup import facts_by_day
from storage.database import Database
from storage.result_groups import By, Group, group_of
from storage.stores import Store

_COUNTS: Final = frozenset(
    {
        *("messaged", "unconfirmed", "undelivered", "withheld"),
        *("delivered", "read", "clicked", "replied", "opted_out"),
    }
)
_JOURNEYS: Final[Mapping[By, str]] = {
    By.PLAN: CLOSED,
    By.DAY: CLOSED,
    **{by: f"{JOURNEYS}:{by}" for by in (By.STEP, By.VARIANT, By.TEMPLATE)},
}
"""Plans and days count journeys that closed. The others count those that came to a claim."""


async def results_of(  # noqa: PLR0913  # what results depend on
    database: Database,
    store: Store,
    by: By,
    start: datetime,
    end: datetime,
    *,
    now: datetime | None = None,
) -> Results:
    """The results of a store from `start` up to, not including, `end`.

    With the time, days that are old enough are taken as they were rolled up; without it everything
    is computed from the tables.
    """
    return (await results_by(database, store, [by], start, end, now=now))[by]


async def results_by(  # noqa: PLR0913  # what results depend on
    database: Database,
    store: Store,
    groupings: Iterable[By],
    start: datetime,
    end: datetime,
    *,
    now: datetime | None = None,
) -> dict[By, Results]:
    """As `results_of`, in several groupings of the same facts."""
    facts = await facts_by_day(database, store, start, end, now)
    known = {
        "attribution_window": format_duration(store.config.attribution_window),
        "click_token": store.config.click_token,
        "all_orders": _all_orders(total(facts.values())),
    }
    found = {}
    async with database.reading(long=True) as connection:
        for by in groupings:
            table = _Table(store.config, by)
            table.add(facts)
            rows = table.sorted_rows()
            await add_caused(
                connection, store.store_id, store.config, rows, by=by, start=start, end=end, now=now
            )
            found[by] = Results.of(start, end, by=by, rows=rows, **known)
    return found


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

    def add(self, facts: Mapping[date, Facts]) -> None:
        """Add the facts of all days, each to the row that it is about."""
        numbers = defaultdict[Group, Counter[str]](Counter)
        for group, found in self._grouped(facts):
            mine = numbers[group]
            for name, number in found.items():
                mine[name] += number
        costs = self.config.message_costs
        for group, found in numbers.items():
            _fill(self.rows[group], found, _JOURNEYS[self.by])
            if costs is not None:
                _add_costs(self.rows[group], found, costs)

    def _grouped(self, facts: Mapping[date, Facts]) -> Iterator[tuple[Group, Counter[str]]]:
        if self.by is By.DAY:
            for day, of_day in facts.items():
                for subject, found in of_day.items():
                    if self._has_row(subject, found):
                        yield Group(day=day), found
            return
        for subject, found in total(facts.values()).items():
            if self._has_row(subject, found):
                yield group_of(subject, self.by), found

    def _has_row(self, subject: Subject, found: Mapping[str, int]) -> bool:
        """Not what is about all orders, nor journeys that closed where others are counted."""
        of_message = subject.step is not None
        return of_message or (_JOURNEYS[self.by] == CLOSED and CLOSED in found)

    def sorted_rows(self) -> list[ResultRow]:
        """By what they are about."""
        return [self.rows[group] for group in sorted(self.rows, key=_sort_key)]


def _fill(row: ResultRow, found: Mapping[str, int], journeys: str) -> None:
    row.journeys = found.get(journeys, 0)
    for name in _COUNTS & found.keys():
        setattr(row, name, found[name])
    for way in (CLICKED, WITHIN_WINDOW):
        for name in ("orders", "cancelled", "of_unknown_value"):
            setattr(getattr(row, name), way, found.get(f"{way}:{name}", 0))
        for name in ("revenue", "refunded"):
            setattr(getattr(row, name), way, money(_amounts(found, way, name)))


def _amounts(found: Mapping[str, int], way: str, name: str) -> dict[str, int]:
    """By currency, in millionths."""
    start = f"{way}:{name}:"
    return {
        key.removeprefix(start): number for key, number in found.items() if key.startswith(start)
    }


def _add_costs(row: ResultRow, found: Mapping[str, int], costs: MessageCosts) -> None:
    """Add what Meta charges."""
    cost = Decimal()
    for name, count in found.items():
        first, country, category = parts(name)
        if first != BILLED:
            continue
        rate = costs.rate(category or None, country or None)
        if rate is None:
            row.cost_unknown += count
        else:
            cost += rate * count
    row.cost = {costs.currency: cost}


def _sort_key(group: Group) -> tuple[str, ...]:
    parts_of = (group.day, group.plan, group.step, group.variant, group.template, group.language)
    return tuple("" if part is None else f"{part!s:>3}" for part in parts_of)


def _all_orders(facts: Facts) -> AllOrders:
    found = facts[Subject()]
    return AllOrders(
        orders=found[f"{ALL}:orders"],
        cancelled=found[f"{ALL}:cancelled"],
        of_unknown_value=found[f"{ALL}:of_unknown_value"],
        revenue=money(_amounts(found, ALL, "revenue")),
        refunded=money(_amounts(found, ALL, "refunded")),
    )
