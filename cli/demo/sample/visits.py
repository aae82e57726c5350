"""Who came to the sample store when, and what they did before a message was due."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cli.demo.sample.shop import CART, PRODUCT, SampleShop

FEWEST, MOST = 30, 60
"""Visits in a day."""

_OPENS, _CLOSES = 9.0, 19.5
"""Hours of the day between which people shop, so that no message falls into quiet hours."""

_COMES_BACK, _AWAY_DAYS = 0.12, 8
_CARTS = 0.7
_LOOKED_FIRST = 0.15
"""Of carts: their shopper looked at a product before."""


class Course(StrEnum):
    """What happens before the first message."""

    LEFT = "left"
    """Nothing: the message is due."""
    ORDERED = "ordered"
    EMPTIED = "emptied"
    RETURNED = "returned"
    """The partner knows of newer activity."""
    NO_ADDRESS = "no_address"
    CAPPED = "capped"
    UNANSWERED = "unanswered"
    """The partner's Exit API does not answer."""


_COURSES: Final[Mapping[str, Mapping[Course, float]]] = {
    CART: {
        Course.LEFT: 0.61,
        Course.ORDERED: 0.19,
        Course.EMPTIED: 0.06,
        Course.RETURNED: 0.1,
        Course.NO_ADDRESS: 0.02,
        Course.CAPPED: 0.01,
        Course.UNANSWERED: 0.01,
    },
    PRODUCT: {
        Course.LEFT: 0.6,
        Course.ORDERED: 0.07,
        Course.RETURNED: 0.3,
        Course.NO_ADDRESS: 0.02,
        Course.UNANSWERED: 0.01,
    },
}


@dataclass(frozen=True)
class Visit:
    """One shopper on one day."""

    shopper: int
    days_ago: int
    at: datetime
    """When they left."""
    kind: str
    course: Course
    looked_first: bool

    @property
    def customer_id(self) -> str:
        """The shopper, as the partner names them."""
        return f"made-up-{self.shopper:04}"

    @property
    def name(self) -> str:
        """Of the visit, among all."""
        return f"{self.customer_id}-{self.days_ago}"


def visits(shop: SampleShop) -> Iterator[Visit]:
    """All visits, oldest first."""
    last_seen: dict[int, int] = {}
    for days_ago in range(shop.days - 1, -1, -1):
        chance = shop.chance(f"day {days_ago}")
        count = chance.randint(FEWEST, MOST)
        hours = sorted(chance.uniform(_OPENS, _CLOSES) for _ in range(count))
        for each in hours:
            shopper = _shopper(chance, last_seen, days_ago)
            last_seen[shopper] = days_ago
            yield _visit(chance, shopper, days_ago, shop.at(days_ago, each))


def _shopper(chance: random.Random, last_seen: Mapping[int, int], days_ago: int) -> int:
    """A new one, or one who came before and whose orders of then are counted by now."""
    if chance.random() >= _COMES_BACK:
        return len(last_seen)
    back = [each for each, seen in last_seen.items() if seen >= days_ago + _AWAY_DAYS]
    return chance.choice(back) if back else len(last_seen)


def _visit(chance: random.Random, shopper: int, days_ago: int, at: datetime) -> Visit:
    kind = CART if chance.random() < _CARTS else PRODUCT
    courses = _COURSES[kind]
    [course] = chance.choices(list(courses), list(courses.values()))
    looked_first = kind == CART and chance.random() < _LOOKED_FIRST
    return Visit(shopper, days_ago, at, kind, course, looked_first)


RECENT_DAYS: Final = 7
"""Whose events are kept: none are for longer than eight days."""


def phones(all_visits: Iterable[Visit]) -> dict[int, str]:
    """The numbers of the shoppers of the last days. The others' are not known any more.

    020 7946 0000 to 0999 belong to no person: Ofcom keeps them for television and radio drama.
    """
    recent = (each.shopper for each in all_visits if each.days_ago <= RECENT_DAYS)
    return {
        shopper: f"+442079460{number:03}"
        for number, shopper in enumerate(dict.fromkeys(recent))
        if number < 1000  # noqa: PLR2004  # as many as there are
    }
