"""One simulated experiment, looked at each day by several methods."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import fsum
from typing import Final

from domain.experiments.confidence import (
    ALPHA,
    EXPECTED_SHOPPERS,
    MIN_EFFECTIVE_ORDERS,
    difference,
    standard_error,
    width_factor,
)
from domain.experiments.summary import ArmSummary
from domain.experiments.winsorising import revenue_cap, winsorise

SHOPPERS_PER_DAY: Final = 40
LOG_MEAN, LOG_DEVIATION = 3.0, 1.0
"""Of an order's amount: the median is 20, one in twenty is above 104."""

FIXED_DAY: Final = 1.96
"""Standard errors that a 95 % interval reaches on one day fixed beforehand."""


@dataclass
class Arm:
    """The shoppers of an arm so far, and the amounts of those who ordered."""

    shoppers: int = 0
    amounts: list[float] = field(default_factory=list)

    def orders(self) -> ArmSummary:
        """Orders per shopper."""
        return ArmSummary.of_sums(self.shoppers, len(self.amounts), len(self.amounts))

    def revenue(self, cap: float | None) -> ArmSummary:
        """Revenue per shopper, larger amounts cut to the cap."""
        amounts = winsorise(self.amounts, cap)
        squares = fsum(amount * amount for amount in amounts)
        return ArmSummary.of_sums(self.shoppers, fsum(amounts), squares)


@dataclass(frozen=True)
class Look:
    """What may be seen of both arms at the end of a day; the arms go on."""

    treated: Arm
    control: Arm

    @cached_property
    def orders(self) -> tuple[ArmSummary, ArmSummary]:
        """Orders of both arms."""
        return self.treated.orders(), self.control.orders()

    @cached_property
    def revenue(self) -> tuple[ArmSummary, ArmSummary]:
        """Revenue of both arms, winsorised."""
        cap = revenue_cap([*self.treated.amounts, *self.control.amounts])
        return self.treated.revenue(cap), self.control.revenue(cap)

    @cached_property
    def raw_revenue(self) -> tuple[ArmSummary, ArmSummary]:
        """Revenue of both arms, as it is."""
        return self.treated.revenue(None), self.control.revenue(None)


def is_found(treated: ArmSummary, control: ArmSummary) -> bool:
    """Whether the product would show a difference."""
    interval = difference(treated, control)
    return interval is not None and interval.excludes_zero


def is_found_without_minimum(treated: ArmSummary, control: ArmSummary) -> bool:
    """Whether the same interval would show one, however few orders there are."""
    shoppers = treated.shoppers + control.shoppers
    return _exceeds(treated, control, _factor(shoppers))


def is_found_by_z_test(treated: ArmSummary, control: ArmSummary) -> bool:
    """Whether the textbook's interval of a fixed day shows one, of as many orders as ours needs."""
    fewest = min(treated.effective_orders, control.effective_orders)
    return fewest >= MIN_EFFECTIVE_ORDERS and _exceeds(treated, control, FIXED_DAY)


def _factor(shoppers: int) -> float:
    return width_factor(shoppers, expected=EXPECTED_SHOPPERS, alpha=ALPHA)


def _exceeds(treated: ArmSummary, control: ArmSummary, factor: float) -> bool:
    if min(treated.shoppers, control.shoppers) == 0:
        return False
    width = factor * standard_error(treated, control)
    return 0 < width < abs(treated.mean - control.mean)


METHODS: Final[dict[str, Callable[[Look], bool]]] = {
    "orders": lambda look: is_found(*look.orders),
    "orders, z-test": lambda look: is_found_by_z_test(*look.orders),
    "orders, no minimum": lambda look: is_found_without_minimum(*look.orders),
    "revenue": lambda look: is_found(*look.revenue),
    "revenue, z-test": lambda look: is_found_by_z_test(*look.revenue),
    "revenue, no minimum": lambda look: is_found_without_minimum(*look.revenue),
    "revenue, not winsorised": lambda look: is_found(*look.raw_revenue),
}
"""What decides at each look whether there is a difference."""


@dataclass(frozen=True)
class Setting:
    """What is true of an experiment."""

    held_out: float
    base_rate: float
    lifted_rate: float
    """Of the treated; the base rate where messages do nothing."""
    days: int

    def looks(self, seed: str) -> Iterator[Look]:
        """Play the experiment, a look at the end of each day."""
        chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
        treated, control = Arm(), Arm()
        for _ in range(self.days):
            self._play_day(treated, control, chance)
            yield Look(treated, control)

    def _play_day(self, treated: Arm, control: Arm, chance: random.Random) -> None:
        for _ in range(SHOPPERS_PER_DAY):
            is_held = chance.random() < self.held_out
            arm = control if is_held else treated
            arm.shoppers += 1
            if chance.random() < (self.base_rate if is_held else self.lifted_rate):
                arm.amounts.append(chance.lognormvariate(LOG_MEAN, LOG_DEVIATION))

    def first_days(self, seed: str, methods: tuple[str, ...]) -> dict[str, int]:
        """The first day, from 1, on which each method shows a difference, if it does."""
        found: dict[str, int] = {}
        for day, look in enumerate(self.looks(seed), 1):
            for name in methods:
                if name not in found and METHODS[name](look):
                    found[name] = day
        return found
