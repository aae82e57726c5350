"""What an order adds to the figures, and when: refunds and cancellations count on their own day.

The same entries come of the same order and changes, at any time and in any order of
arrival. Currencies are never added up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MILLIONTHS: Final = 1_000_000
"""Amounts are whole numbers of these parts of a major unit."""

REFUNDED: Final = "refunded"
CANCELLED: Final = "cancelled"


@dataclass(frozen=True)
class Order:
    """An order in its newest state."""

    placed_at: datetime
    amount: int | None
    """In millionths; None: not known."""
    currency: str | None

    @property
    def value(self) -> int | None:
        """The amount, where the currency is known, too."""
        return None if self.currency is None else self.amount


@dataclass(frozen=True)
class OrderChange:
    """A refund or a cancellation."""

    kind: str
    at: datetime
    key: str
    """Sets changes of one time in an order of their own."""
    amount: int | None = None
    """None: all that is left."""
    currency: str | None = None
    """None: the order's."""


@dataclass(frozen=True)
class Entry:
    """What one order changes in the figures at one time."""

    at: datetime
    placed: int = 0
    cancelled: int = 0
    amount: int = 0
    """In millionths; negative when it is taken off."""
    currency: str | None = None
    """None: the amount is not known, and not counted."""
    of_unknown_value: int = 0


def entries(order: Order, changes: Iterable[OrderChange]) -> Iterator[Entry]:
    """The entries of an order: its placing, then what its changes take off.

    No more is taken off than is left in the order's currency. A change in another currency is
    taken off in that one.
    """
    left, is_known = order.value or 0, order.value is not None
    yield Entry(
        order.placed_at,
        placed=1,
        amount=left,
        currency=order.currency if is_known else None,
        of_unknown_value=0 if is_known else 1,
    )
    stands = True
    for change in sorted(changes, key=lambda each: (each.at, each.key)):
        entry = _entry(order, change, left, stands=stands)
        if change.kind == CANCELLED:
            stands = False
        if entry.currency == order.currency:
            left += entry.amount
        yield entry


def _entry(order: Order, change: OrderChange, left: int, *, stands: bool) -> Entry:
    cancels = change.kind == CANCELLED
    cancelled = 1 if cancels and stands else 0
    if order.value is None:
        return Entry(change.at, cancelled=cancelled, of_unknown_value=-cancelled)
    foreign = change.currency is not None and change.currency != order.currency
    if foreign and change.amount is not None and not cancels:
        return Entry(change.at, amount=-change.amount, currency=change.currency)
    wanted = left if cancels or change.amount is None else change.amount
    return Entry(
        change.at,
        cancelled=cancelled,
        amount=-min(wanted, left),
        currency=order.currency,
    )
