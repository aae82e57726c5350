"""A shopper as the sample store knows them, and what one visit of theirs left in the tables."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cli.demo.sample.messages import Recipient, Row
from cli.demo.sample.orders import Placed
from cli.demo.sample.shop import CART, SampleShop
from domain.experiments.assignment import is_held_out, variant_of
from domain.journey.outcomes import ClosedJourney

ORDERS_WITH: Final = {"a": 0.17, "b": 0.19}
"""Of shoppers whose cart is written about: the chance of an order within three days."""

ORDERS_WITHOUT: Final = 0.08
"""The same of those who are held out. The difference is what the experiment is to find."""

_ORDERS_OF_LOOKERS: Final = 0.04


@dataclass
class VisitHistory:
    """What a visit left in the tables."""

    journeys: list[ClosedJourney] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    found: list[datetime] = field(default_factory=list)
    """When orders were placed of which only the exit check knows."""
    assigned_at: datetime | None = None
    stopped_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether every journey of it had ended by then: none is ever open."""
        return all(each.closed_at <= now for each in self.journeys)


@dataclass(frozen=True)
class Person:
    """A shopper as the store knows them."""

    hashed: str
    country: str
    held_out: bool
    variant: str | None
    suppressed: bool

    @classmethod
    def of(cls, shop: SampleShop, hashed: str, country: str, *, suppressed: bool) -> "Person":
        """With the arms that the product's own draws give them."""
        experiment = shop.experiment
        draw = (experiment.design, shop.hash_key, experiment.experiment_id, hashed)
        return cls(hashed, country, is_held_out(*draw), variant_of(*draw), suppressed)

    @property
    def recipient(self) -> Recipient:
        """Whom messages reach."""
        return Recipient(self.hashed, self.country, self.variant)

    def order_rate(self, kind: str) -> float:
        """The chance of an order after they left without one, by the arm that they are in."""
        if kind != CART:
            return _ORDERS_OF_LOOKERS
        return ORDERS_WITHOUT if self.held_out else ORDERS_WITH[self.variant or "a"]
