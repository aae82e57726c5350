"""What an experiment says, in sentences for people."""

from collections.abc import Mapping
from math import ceil, floor, log10
from typing import Final

from domain.experiments.comparison import Comparison
from domain.experiments.confidence import Interval

PER: Final = 100
"""Shoppers that figures are told for: "9.8 orders" is easier to picture than "0.098"."""

MAX_WEEKS: Final = 104


ORDERS: Final = "orders per 100 shoppers"

WITH_AND_WITHOUT: Final = ("with", "without")
"""What the arms are called where the control is held out."""


def revenue(currency: str) -> str:
    """What revenue is called; in one currency, since those of several are never added."""
    return f"revenue per 100 shoppers in {currency}"


def describe_comparison(
    metric: str, comparison: Comparison, arms: tuple[str, str] = WITH_AND_WITHOUT
) -> str:
    """Tell the difference as far as it is known, and how long it takes to know it.

    Of a split that is not as it should be, tell `describe_split` alone.

    Args:
        metric: `ORDERS`, or `revenue` in a currency.
        comparison: the figures, per shopper.
        arms: what treated and control are called, such as "with a" and "with b".
    """
    interval = comparison.interval
    if interval is None:
        return describe_wait(comparison.weeks_to_go)
    told = f"{metric}: {_describe_difference(comparison, interval, arms)}"
    if interval.excludes_zero:
        return told
    if comparison.is_ruled_out:
        wanted = _figure(comparison.wanted, _decimals(interval))
        return f"{told}; a difference of {wanted} or more is ruled out"
    return f"{told}; {describe_wait(comparison.weeks_to_go)}"


def _describe_difference(comparison: Comparison, interval: Interval, arms: tuple[str, str]) -> str:
    """Tell the means and the interval: "12.1 with, 9.8 without; difference 2.3 (0.4 to 4.2)"."""
    decimals = _decimals(interval)
    treated, control, estimate, low, high = (
        _figure(value, decimals)
        for value in (
            comparison.treated.mean,
            comparison.control.mean,
            interval.difference,
            interval.low,
            interval.high,
        )
    )
    means = f"{treated} {arms[0]}, {control} {arms[1]}"
    return f"{means}; difference {estimate} ({low} to {high})"


def _decimals(interval: Interval) -> int:
    """So many that two digits of the interval's half-width show: more would pretend to know."""
    return max(0, 1 - floor(log10(interval.half_width * PER)))


def _figure(per_shopper: float, decimals: int) -> str:
    return f"{per_shopper * PER:z,.{decimals}f}"


def describe_wait(weeks: float | None) -> str:
    """Tell how long it takes until there would be an answer; None: it cannot be told."""
    if weeks is None:
        return "not known yet, and no time can be told"
    if weeks <= 0:
        return "not known yet, later than expected"
    if weeks > MAX_WEEKS:
        return "not known yet, more than two years to go"
    return f"not known yet, about {_weeks(ceil(weeks))} to go"


def _weeks(count: int) -> str:
    return "1 week" if count == 1 else f"{count} weeks"


def describe_plan(weeks: float | None) -> str:
    """Tell, before an experiment begins, how long its answer would take."""
    if weeks is None:
        return "no time can be told"
    if weeks > MAX_WEEKS:
        return "an answer would take more than two years"
    return f"an answer takes about {_weeks(max(1, ceil(weeks)))}"


def describe_split(counts: Mapping[str, int], expected_shares: Mapping[str, float]) -> str:
    """Tell how a split differs from the expected one, and that the result is hidden for it.

    Args:
        counts: shoppers by arm.
        expected_shares: shares or weights by arm; of the same arms.
    """
    shoppers, whole = sum(counts.values()), sum(expected_shares.values())
    arms = "; ".join(
        f"{arm}: {count:,} instead of {shoppers * expected_shares[arm] / whole:,.0f}"
        for arm, count in counts.items()
    )
    return f"the split is not as it should be ({arms}): the result is hidden"
