"""The page of a store's results: its funnel as bars, its days as a plot, rates with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from typing import Any, Final

from operations.funnel import Funnel
from operations.result_models import Estimate, ResultRow, Results

Z: Final = 1.959964
"""Of a standard normal distribution, 95 % lie within so many deviations."""


NONE: Final = "-"
"""What stands where there is nothing to tell."""


@dataclass(frozen=True)
class Stage:
    """One stage of the funnel."""

    name: str
    count: int
    figure: str | None
    """What the people behind it are listed by; None: they are not."""
    share: float
    """Of the largest stage, from 0 to 1."""


@dataclass(frozen=True)
class Rate:
    """A share of people, with the interval (Wilson's score) that it lies in at 95 %."""

    of: int
    count: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share that was seen."""
        return self.count / self.of


def rate(count: int, of: int) -> Rate | None:
    """The rate of `count` in `of`; None where there is none to tell.

    Source: Wilson, E. B. (1927), JASA 22, 209-212.
    """
    if not 0 <= count <= of or of == 0:
        return None
    share, spread = count / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(share * (1 - share) / of + spread / of / 4)
    return Rate(of, count, max(0.0, middle - half), min(1.0, middle + half))


def stages(funnel: Funnel, plans: Results) -> list[Stage]:
    """From the events that came to the orders that followed a message."""
    total = {
        name: sum(getattr(row, name) for row in plans.rows)
        for name in ("messaged", "delivered", "read", "clicked")
    }
    ordered = sum(row.orders.within_window for row in plans.rows)
    counts: list[tuple[str, int, str | None]] = [
        ("Events that came", funnel.events, None),
        ("Journeys that ended", funnel.journeys, None),
        ("Messages due", funnel.due, "due"),
        ("Sent", total["messaged"], "messaged"),
        ("Delivered", total["delivered"], "delivered"),
        ("Read", total["read"], "read"),
        ("Clicked", total["clicked"], "clicked"),
        (f"Ordered within {plans.attribution_window}", ordered, "ordered"),
    ]
    most = max(*(count for _, count, _ in counts), 1)
    return [Stage(name, count, figure, count / most) for name, count, figure in counts]


def revenue_of(results: Results, way: str) -> Mapping[str, Decimal]:
    """The revenue of all rows in one of the ways, by currency."""
    total: dict[str, Decimal] = {}
    for row in results.rows:
        for currency, amount in getattr(row.revenue, way).items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return total


def plot_of(days: Results, first: date, last: date) -> dict[str, Any]:
    """The days as lines of a plot: noon of each in seconds, and what was counted."""
    known = {row.day: row for row in days.rows}
    empty = ResultRow()
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    rows = [known.get(day, empty) for day in every]
    return {
        "days": [day.isoformat() for day in every],
        "lines": [
            {"name": "Sent", "values": [row.messaged for row in rows]},
            {"name": "Delivered", "values": [row.delivered for row in rows]},
            {
                "name": "Orders after a message",
                "values": [row.orders.within_window for row in rows],
            },
        ],
    }


@dataclass(frozen=True)
class Compared:
    """A template or variant, with its rates."""

    row: ResultRow
    read: Rate | None
    clicked: Rate | None
    ordered: Rate | None


def compared(rows: Sequence[ResultRow]) -> list[Compared]:
    """Templates or variants, side by side."""
    return [
        Compared(
            row,
            read=rate(row.read, row.delivered),
            clicked=rate(row.clicked, row.delivered),
            ordered=rate(row.orders.within_window, row.delivered),
        )
        for row in rows
    ]


def money(amounts: Mapping[str, Decimal] | None) -> str:
    """Amounts by currency, which are never added: `1,250.00 INR, 9.50 USD`."""
    told = [f"{amount:,} {currency}" for currency, amount in (amounts or {}).items() if amount]
    return ", ".join(told) or NONE


def estimate(found: Estimate | None) -> str:
    """What was caused, with its interval: `12 (3 to 21)`."""
    if found is None:
        return "not known"
    return f"{found.estimate:,.0f} ({found.low:,.0f} to {found.high:,.0f})"


def percent(found: Rate | None) -> str:
    """A rate with its interval: `12 % (9 to 16)`."""
    if found is None:
        return NONE
    return f"{found.share:.0%} ({found.low * 100:.0f} to {found.high * 100:.0f})"


def share(part: float) -> str:
    """A share in percent: `12.5 %`."""
    return f"{part * 100:.3g} %"


FILTERS: Final[Mapping[str, Any]] = {
    "money": money,
    "estimate": estimate,
    "percent": percent,
    "share": share,
}
