"""How many shoppers, and how many weeks, until an experiment has an answer."""

from bisect import bisect_left
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import Final

from domain.experiments.confidence import (
    ALPHA,
    EXPECTED_SHOPPERS,
    MIN_EFFECTIVE_ORDERS,
    width_factor,
)
from domain.experiments.summary import ArmSummary

POWER: Final = 0.8
"""How often a difference that is there should be found."""

MAX_SHOPPERS: Final = 10**9
"""More are no plan."""


@dataclass(frozen=True)
class Setup:
    """How an experiment is set up.

    Raises:
        ValueError: an arm would have no shoppers.
    """

    held_out: float
    """The share of shoppers in the control arm, between 0 and 1."""
    power: float = POWER
    expected: int = EXPECTED_SHOPPERS
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        """Check the share."""
        if not 0 < self.held_out < 1:
            raise ValueError(f"both arms need a share, not {self.held_out}")


def shoppers_needed(
    base_rate: float,
    lifted_rate: float,
    held_out: float,
    power: float = POWER,
    alpha: float = ALPHA,
) -> int:
    """Shoppers of both arms for one look on a day fixed beforehand: the least any plan needs.

    The textbook formula for two proportions with unpooled variances. Who may look any day needs
    more: `shoppers_to_answer`.

    Args:
        base_rate: share of the held-out who order.
        lifted_rate: share of the treated who order; another than `base_rate`.
        held_out: share of shoppers in the control arm, between 0 and 1.
        power: how often the difference would be found.
        alpha: how often one would be found that is not there.
    """
    normal = NormalDist()
    errors = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    spread = _spread(ArmSummary.assumed(lifted_rate), ArmSummary.assumed(base_rate), held_out)
    return ceil(spread * (errors / (lifted_rate - base_rate)) ** 2)


def shoppers_to_answer(
    treated: ArmSummary, control: ArmSummary, wanted: float, setup: Setup
) -> int | None:
    """Shoppers of both arms after which the confidence sequence would show a difference.

    So many that half the interval's width, and the luck that `power` allows for, are no more than
    the difference; at `power` 0.5 that is half the width alone. And so many that each arm has the
    orders without which there is no interval.

    Args:
        treated: mean and variance as observed, or assumed.
        control: likewise.
        wanted: the difference per shopper that the experiment is to find.
        setup: the held-out share, and how sure to be.

    Returns:
        None: the difference is not positive, an arm has no order to plan with, or a billion
        shoppers would not do.
    """
    rarest = min(
        treated.effective_rate * (1 - setup.held_out), control.effective_rate * setup.held_out
    )
    if wanted <= 0 or rarest <= 0:
        return None
    spread = _spread(treated, control, setup.held_out)
    luck = NormalDist().inv_cdf(setup.power)

    def suffices(shoppers: int) -> bool:
        factor = width_factor(shoppers, expected=setup.expected, alpha=setup.alpha)
        return sqrt(spread / shoppers) * (factor + luck) <= wanted

    least = max(1, ceil(MIN_EFFECTIVE_ORDERS / rarest))
    counts = range(least, MAX_SHOPPERS + 1)
    place = bisect_left(counts, True, key=suffices)
    return counts[place] if place < len(counts) else None


def weeks_to_answer(
    treated: ArmSummary,
    control: ArmSummary,
    wanted: float,
    setup: Setup,
    shoppers_per_week: float,
) -> float | None:
    """Weeks from now until there would be an answer; 0 when there should have been one by now.

    Before an experiment, with `ArmSummary.assumed`: how long it takes. During one, with what was
    observed: how long to go.

    Returns:
        None: no shoppers come, or `shoppers_to_answer` is None.
    """
    needed = shoppers_to_answer(treated, control, wanted, setup)
    if needed is None or shoppers_per_week <= 0:
        return None
    return max(0, needed - treated.shoppers - control.shoppers) / shoppers_per_week


def _spread(treated: ArmSummary, control: ArmSummary, held_out: float) -> float:
    """The variance of the difference of the means, times the shoppers of both arms."""
    return treated.variance / (1 - held_out) + control.variance / held_out
