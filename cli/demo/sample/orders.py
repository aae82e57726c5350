"""Orders of the sample store, and what was taken off them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cli.demo.sample.run import MOMENT
from cli.demo.sample.shop import STORE_ID, SampleShop
from domain.customers.identity import customer_key
from domain.events.kinds import ORDER_CANCELLED, ORDER_REFUNDED
from domain.events.orders import MILLIONTHS
from domain.results.order_entries import CANCELLED, REFUNDED
from storage.exit_found_orders import FoundBy
from storage.orders import order_key

Row = dict[str, Any]

_CURRENCIES: Final = {"GB": "GBP", "IE": "EUR"}
_REFUNDED, _CANCELLED = 0.06, 0.03
_AS_GUEST: Final = 0.1
"""Of orders: placed as a guest, by a shopper who is known by the e-mail address."""

_GUESTS_A_DAY: Final = (3, 9)
"""Orders of people who never had a journey."""


@dataclass(frozen=True)
class Placed:
    """An order as it was placed."""

    name: str
    """Of its own."""
    customer_id: str
    at: datetime
    country: str
    click_token: str | None = None

    @property
    def event_id(self) -> str:
        """Of the event that told of it."""
        return f"made-up-order-event-{self.name}"

    @property
    def order_id(self) -> str:
        """As the shop has it."""
        return f"made-up-order-{self.name}"


@dataclass
class OrderRows:
    """The rows of three tables."""

    shop: SampleShop
    orders: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)

    def add(self, placed: Placed) -> None:
        """An order that was posted. One that lies ahead is not there yet."""
        if placed.at > self.shop.now - MOMENT:
            return
        chance = self.shop.chance(f"order {placed.name}")
        is_guest = chance.random() < _AS_GUEST
        guest = self._guest(placed.name) if is_guest else placed.customer_id
        key = order_key(self.shop.hash_key, placed.order_id, placed.event_id)
        amount = round(chance.lognormvariate(3.9, 0.5) * 100) * (MILLIONTHS // 100)
        row = self._row(key, guest, placed.at) | {
            "order_id": placed.order_id,
            "event_id": placed.event_id,
            "amount": amount,
            "currency": _CURRENCIES[placed.country],
            "click_token": placed.click_token,
        }
        self._write(row, {guest, placed.customer_id})
        self.changes += _changes(chance, row, self.shop.now)

    def add_found(self, customer_id: str, at: datetime) -> None:
        """An order that an exit check found, of unknown value."""
        key = self.shop.hashed(f"exit_order:{customer_id}:{at.isoformat()}")
        row = self._row(key, customer_id, at) | {"found_by": FoundBy.EXIT_CHECK}
        self._write(row, {customer_id})

    def add_guests(self, days_ago: int) -> None:
        """The orders of a day of people who never had a journey."""
        chance = self.shop.chance(f"guests {days_ago}")
        for number in range(chance.randint(*_GUESTS_A_DAY)):
            name = f"guest-{days_ago}-{number}"
            at, country = self.shop.at(days_ago, chance.uniform(8, 23)), country_of(chance)
            self.add(Placed(name, self._guest(name), at, country))

    def _guest(self, name: str) -> str:
        return customer_key(self.shop.hash_key, None, None, f"{name}@example.com")

    def _write(self, row: Row, people: set[str]) -> None:
        self.orders.append(row)
        whose = {name: row[name] for name in ("store_id", "order_key")}
        self.people += [whose | {"customer_id": each} for each in sorted(people)]

    def _row(self, key: str, customer_id: str, at: datetime) -> Row:
        return {
            "store_id": STORE_ID,
            "order_key": key,
            "customer_id": customer_id,
            "found_by": FoundBy.EVENT,
            "placed_at": at,
            "state_at": at,
            "received_at": at + MOMENT,
            **dict.fromkeys(("order_id", "event_id", "amount", "currency", "click_token")),
        }


def country_of(chance: random.Random) -> str:
    """Of seven shoppers one is in Ireland, and pays in euros."""
    return chance.choices(("GB", "IE"), (6, 1))[0]


def _changes(chance: random.Random, order: Row, now: datetime) -> Iterator[Row]:
    """At most one: a refund of a part or of all, or a cancellation."""
    drawn, days, part = chance.random(), chance.uniform(0.1, 9), chance.choice((0.3, 0.5, 1))
    kind = CANCELLED if drawn < _CANCELLED else REFUNDED
    at = order["placed_at"] + timedelta(days=min(days, 1) if kind == CANCELLED else days)
    if drawn >= _CANCELLED + _REFUNDED or at > now:
        return
    pence = round(order["amount"] * part) // (MILLIONTHS // 100)
    event = ORDER_CANCELLED if kind == CANCELLED else ORDER_REFUNDED
    yield {
        "store_id": STORE_ID,
        "change_key": f"{order['order_key']}-{kind}",
        "order_key": order["order_key"],
        "kind": kind,
        "event_id": f"{order['event_id']}-{event}",
        "customer_id": order["customer_id"],
        "at": at,
        "amount": None if kind == CANCELLED else pence * (MILLIONTHS // 100),
        "currency": order["currency"],
    }
