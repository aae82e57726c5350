"""The difference of two arms, with an interval that may be looked at any day.

An asymptotic confidence sequence: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform
central limit theory and asymptotic confidence sequences", arXiv 2103.06476, in the closed form that
GrowthBook uses (gbstats 0.8.0, `SequentialTwoSidedTTest`). A 95 % interval of a fixed day misses
the truth on 5 % of days; this one misses it in 5 % of experiments on *any* of their days.
"""

from dataclasses import dataclass
from math import log, log1p, sqrt
from typing import Final

from domain.experiments.summary import ArmSummary

EXPECTED_SHOPPERS: Final = 1000
"""The tuning N*: the interval is narrowest for about so many. GrowthBook's 5,000 is for large
sites; an experiment of a store here has a thousand or a few."""

ALPHA: Final = 0.05
"""The share of experiments whose interval misses the truth on at least one day."""

MIN_EFFECTIVE_ORDERS: Final = 10
"""In each arm, before there is an interval.

The variance of an arm without luck is underestimated. Without this minimum, with 5, 10 and 20 %
of the shoppers held out and 10 % ordering, 52, 26 and 8 % of the experiments without any effect
showed one on some of 60 days (`python -m benchmarks.experiments`, docs/experiments.md).
"""


@dataclass(frozen=True)
class Interval:
    """The difference per shopper, treated minus control, and between which it lies."""

    difference: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """How far the bounds are from the difference."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether there is a difference, as far as the interval is right."""
        return self.low > 0 or self.high < 0


def difference(
    treated: ArmSummary,
    control: ArmSummary,
    *,
    expected: int = EXPECTED_SHOPPERS,
    alpha: float = ALPHA,
) -> Interval | None:
    """The difference of the arms' means with its confidence sequence.

    None: too little is known for an interval to be right. That is an arm with fewer than
    `MIN_EFFECTIVE_ORDERS`, of which its variance could not be told (fewer than two shoppers are
    among these), or one without any variance, where all shoppers came to the same.

    Args:
        treated: who got messages, or the first of two variants.
        control: who was held out, or the second.
        expected: for how many shoppers of both arms the interval is tuned. Fixed when the
            experiment begins: to choose it by what was seen breaks the guarantee.
        alpha: the share of experiments whose interval may miss the truth.
    """
    if not (_is_known(treated) and _is_known(control)):
        return None
    shoppers = treated.shoppers + control.shoppers
    error = standard_error(treated, control)
    width = error * width_factor(shoppers, expected=expected, alpha=alpha)
    estimate = treated.mean - control.mean
    return Interval(estimate, estimate - width, estimate + width)


def _is_known(arm: ArmSummary) -> bool:
    return arm.variance > 0 and arm.effective_orders >= MIN_EFFECTIVE_ORDERS


def standard_error(treated: ArmSummary, control: ArmSummary) -> float:
    """The standard error of the difference of two means; each arm has a shopper."""
    return sqrt(treated.variance / treated.shoppers + control.variance / control.shoppers)


def width_factor(shoppers: float, *, expected: float, alpha: float) -> float:
    """How many standard errors the interval reaches to each side; 1.96 on one fixed day.

    Equation 9 of arXiv 2103.06476, with rho of equation 161. In the paper's symbols,
    sqrt(2 (N rho^2 + 1) / (N rho^2) * log(sqrt(N rho^2 + 1) / alpha)).

    Args:
        shoppers: N, of both arms; more than 0.
        expected: N*, for which the interval is about the narrowest.
        alpha: the share of experiments whose interval may miss the truth.
    """
    doubt = -2 * log(alpha)
    scaled = shoppers * (doubt + log1p(doubt)) / expected
    return sqrt((1 + 1 / scaled) * (log1p(scaled) + doubt))
