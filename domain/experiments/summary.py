"""One arm of an experiment in three numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum
from typing import Self

_DIGITS = 6
"""Of effective orders: ten shoppers with an order each are ten, not 9.999999999."""


@dataclass(frozen=True)
class ArmSummary:
    """The shoppers of one arm, and what each of them came to: orders, or revenue."""

    shoppers: int
    """0: none yet, mean and variance are assumed."""
    mean: float
    """Per shopper, those without an order included."""
    variance: float
    """Of the sample (divided by shoppers - 1), per shopper; 0 for fewer than two."""

    @classmethod
    def of_sums(cls, shoppers: int, total: float, total_of_squares: float) -> Self:
        """Summarise running sums over shoppers, as a database gives them.

        Args:
            shoppers: how many, those without an order included.
            total: the sum of their values.
            total_of_squares: the sum of the squares of their values.
        """
        mean = total / shoppers if shoppers else 0.0
        spread = max(0.0, total_of_squares - total * mean)
        return cls(shoppers, mean, spread / (shoppers - 1) if shoppers > 1 else 0.0)

    @classmethod
    def of_values(cls, values: Iterable[float]) -> Self:
        """Summarise one value for each shopper, 0 for a shopper without an order."""
        known = list(values)
        mean = fsum(known) / len(known) if known else 0.0
        spread = fsum((value - mean) ** 2 for value in known)
        return cls(len(known), mean, spread / (len(known) - 1) if len(known) > 1 else 0.0)

    @classmethod
    def assumed(cls, rate: float) -> Self:
        """Assume, before there are shoppers, that this share of them will order once.

        Raises:
            ValueError: the rate is no share.
        """
        if not 0 <= rate <= 1:
            raise ValueError(f"a rate lies between 0 and 1, not at {rate}")
        return cls(0, rate, rate * (1 - rate))

    @property
    def effective_orders(self) -> float:
        """How many equal orders would say as much as these: Kish's effective sample size.

        The square of the sum over the sum of squares. Shoppers who ordered once each count one; of
        very unequal amounts the largest ones count most.
        """
        squares = (self.shoppers - 1) * self.variance + self.shoppers * self.mean**2
        return round((self.shoppers * self.mean) ** 2 / squares, _DIGITS) if squares > 0 else 0.0

    @property
    def effective_rate(self) -> float:
        """Effective orders to be expected of each further shopper."""
        square = self.variance + self.mean**2
        return self.mean**2 / square if square > 0 else 0.0
