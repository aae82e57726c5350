"""Revenue with its few largest amounts cut down, so that one order does not decide.

The variance of a heavy tail is known late, and until then an interval is too narrow: log-normal
amounts raise more false alarms without (docs/experiments.md). What is compared then is the *capped*
revenue per shopper.
"""

from collections.abc import Iterable
from math import ceil
from typing import Final

PERCENTILE: Final = 95.0
"""Fixed when an experiment begins: to choose it by what was seen is to choose the result."""


def revenue_cap(amounts: Iterable[float], percentile: float = PERCENTILE) -> float | None:
    """The amount that all larger ones are cut to; None where there is no order yet.

    Taken over the shoppers of *both* arms together, so that both get the same cap: with one each,
    the arm with larger orders would be cut less or more than the other. Taken among the shoppers
    who ordered, since among all of them a percentile is 0 wherever fewer order than lie above it:
    at 3 % orders the 95th would cut everything to nothing.

    Args:
        amounts: revenue of each shopper of both arms; 0 or less (no order, or all of it refunded)
            counts as none.
        percentile: above 0, to 100. The least amount that so many percent of the buyers do not
            exceed, as `percentile_disc` of PostgreSQL.
    """
    bought = sorted(amount for amount in amounts if amount > 0)
    rank = ceil(len(bought) * percentile / 100)
    return bought[max(rank, 1) - 1] if bought else None


def winsorise(amounts: Iterable[float], cap: float | None) -> list[float]:
    """The amounts, none above the cap; None cuts nothing."""
    return [amount if cap is None else min(amount, cap) for amount in amounts]
