"""Who the customers are and what they do, drawn by seed. Each of them follows one script."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from benchmarks.phones import phone_digits

CANARY: Final = "canary"
"""In every secret, name and e-mail address; phone numbers are known by `PHONE_PATTERN`."""

PHONE_PATTERN: Final = rb"98765[ -]?\d{5}"


class StoreId(StrEnum):
    """The stores. Each has something that the others do not."""

    PLAIN = "plain"
    FALLBACK = "fallback"
    """Its first message cannot be rendered, so that its fallback is sent."""
    QUIET = "quiet"
    """It is night there."""
    PAUSED = "paused"
    """An operator pauses and resumes it."""


class Act(StrEnum):
    """What a customer, or an operator or partner about them, does."""

    CART = "cart_update.add_to_cart"
    VIEW = "product_view"
    """The stores have no plan for it: it postpones."""
    ORDER = "order_placed"
    STOP = "STOP"
    EXIT = "exit"
    """An operator ends the journey."""
    SEEN = "seen"
    """The partner's Exit API knows that they came back, and it is not pushed to us."""


EVENTS: Final = (Act.CART, Act.VIEW, Act.ORDER)


@dataclass(frozen=True)
class Doing:
    """One act. Times are seconds after the customer's first."""

    act: Act
    after: float = 0
    """When it is told to the product."""
    late: float = 0
    """How long before that it happened."""
    times: int = 1
    """How often it is posted."""


class Script(StrEnum):
    """What kinds of customers there are."""

    LEAVES = "leaves"
    STAYS_ACTIVE = "stays_active"
    OUT_OF_ORDER = "out_of_order"
    POSTED_TWICE = "posted_twice"
    LOOKS_AROUND = "looks_around"
    COMES_BACK = "comes_back"
    BUYS = "buys"
    BUYS_AT_ONCE = "buys_at_once"
    STOPS = "stops"
    IS_ENDED = "is_ended"
    SEEN_BY_PARTNER = "seen_by_partner"


SCRIPTS: Final[dict[Script, tuple[Doing, ...]]] = {
    Script.LEAVES: (Doing(Act.CART),),
    Script.STAYS_ACTIVE: (Doing(Act.CART), Doing(Act.CART, 0.7), Doing(Act.CART, 1.4)),
    Script.OUT_OF_ORDER: (Doing(Act.CART), Doing(Act.CART, 0.5, late=1.5)),
    Script.POSTED_TWICE: (Doing(Act.CART, times=3),),
    Script.LOOKS_AROUND: (Doing(Act.CART), Doing(Act.VIEW, 1)),
    Script.COMES_BACK: (Doing(Act.CART), Doing(Act.CART, 6)),
    Script.BUYS: (Doing(Act.CART), Doing(Act.ORDER, 4)),
    Script.BUYS_AT_ONCE: (Doing(Act.CART), Doing(Act.ORDER, 0.5)),
    Script.STOPS: (Doing(Act.CART), Doing(Act.STOP, 5)),
    Script.IS_ENDED: (Doing(Act.CART), Doing(Act.EXIT, 5)),
    Script.SEEN_BY_PARTNER: (Doing(Act.SEEN, late=-1), Doing(Act.CART)),
}
ENDED_BY: Final = frozenset({Act.ORDER, Act.STOP, Act.EXIT})


@dataclass(frozen=True)
class Customer:
    """One customer of one store."""

    number: int
    store_id: StoreId
    script: Script
    begins_at: float
    """Seconds after the first of all."""

    @property
    def customer_id(self) -> str:
        """The partner's id of them."""
        return f"customer-{self.number}"

    @property
    def digits(self) -> str:
        """Their number, as Meta has it."""
        return phone_digits(self.number)

    @property
    def personal(self) -> dict[str, str]:
        """What must be found nowhere but in the database."""
        name = f"{CANARY.title()} Number {self.number}"
        email = f"{CANARY}-{self.number}@shopper.example"
        return {"phone": f"+{self.digits}", "email": email, "name": name}

    @cached_property
    def doings(self) -> tuple[Doing, ...]:
        """What they do, in the order in which it is told."""
        return SCRIPTS[self.script]

    def event_id(self, number: int) -> str:
        """The id of the event that their nth doing is."""
        return f"{self.customer_id}-{number}"

    @property
    def carts(self) -> list[str]:
        """The ids of their carts, oldest first by when they happened."""
        numbered = [(each, n) for n, each in enumerate(self.doings) if each.act is Act.CART]
        by_time = sorted(numbered, key=lambda pair: pair[0].after - pair[0].late)
        return [self.event_id(number) for _, number in by_time]


def draw_customers(seed: int, count: int, seconds: float) -> Iterator[Customer]:
    """Customers of all stores and scripts, who begin spread over the time."""
    chance = random.Random(f"customers {seed}")  # noqa: S311  # repeatable, not secret
    stores, scripts = tuple(StoreId), tuple(Script)
    for number in range(count):
        script = scripts[number // len(stores) % len(scripts)]
        begins_at = seconds * (number + chance.random()) / count
        yield Customer(number, stores[number % len(stores)], script, begins_at)
