"""Reading orders, refunds and cancellations as partners post them.

What cannot be read of one is unknown, and refuses nothing: an order stops messages in any form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from domain.events.kinds import ORDER_CANCELLED, ORDER_KINDS, ORDER_REFUNDED, EventKind

MAX_AMOUNT: Final = Decimal(10**11)
"""Of one order, in major units. A larger number is a mistake, and many of them would not add up."""

MILLIONTHS: Final = 10**6
"""Amounts are kept as whole millionths of a major unit."""

MAX_LINK: Final = 4096
"""Characters. A longer landing URL is not read."""

_NUMBER: Final = re.compile(r"[0-9]{1,32}(?:\.[0-9]{1,32})?")
"""Without separators: `1,299` is a thousand in one country, and one and a bit in the next."""

_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
_EXACT: Final = Context(prec=80, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Money:
    """An amount, and what it is of. Either may be unknown."""

    amount: Decimal | None = None
    """In major units, such as rupees; from 0 to `MAX_AMOUNT`, at most 6 places behind the point."""
    currency: str | None = None
    """Three capital letters, as ISO 4217 has them."""

    @property
    def millionths(self) -> int | None:
        """The amount as whole millionths of a major unit."""
        return None if self.amount is None else int(_EXACT.multiply(self.amount, MILLIONTHS))


@dataclass(frozen=True)
class OrderPlaced:
    """An order as one event says that it is."""

    order_id: str | None
    """The partner's; None: the event stands for an order of its own."""
    money: Money = Money()
    landing_url: str | None = None
    """The page on which the customer came to the shop."""


@dataclass(frozen=True)
class OrderChange:
    """A refund or a cancellation."""

    kind: str
    """`order_refunded` or `order_cancelled`."""
    order_id: str | None
    money: Money = Money()
    """Of a refund. Without an amount, all that is left of the order."""
    refund_id: str | None = None
    """The partner's; None: the event stands for a refund of its own."""


def read_order(kind: str, body: Mapping[str, Any]) -> OrderPlaced | OrderChange | None:
    """What a posted event says of an order; None: it is about none.

    Args:
        kind: the event's name.
        body: as posted, or as stored; empty when it was erased.
    """
    if kind not in ORDER_KINDS:
        return None
    data = body.get("event_data")
    fields: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    order_id = _identifier(fields.get("order_id"))
    if kind == EventKind.ORDER_PLACED:
        return OrderPlaced(order_id, _money(fields), _link(fields.get("landing_url")))
    if kind == ORDER_CANCELLED:
        return OrderChange(ORDER_CANCELLED, order_id)
    refund_id = _identifier(fields.get("refund_id"))
    return OrderChange(ORDER_REFUNDED, order_id, _money(fields), refund_id)


def decimal_text(millionths: int | None) -> str | None:
    """A kept amount as it is shown: `1299`, `99.5`."""
    if millionths is None:
        return None
    whole, rest = divmod(abs(millionths), MILLIONTHS)
    places = f".{rest:06}".rstrip("0").rstrip(".")
    return f"{'-' if millionths < 0 else ''}{whole}{places}"


def _identifier(value: Any) -> str | None:
    """Text, or a number as its digits."""
    if isinstance(value, Decimal):
        value = format(value, "f")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def _money(fields: Mapping[str, Any]) -> Money:
    """`price` is an object with its currency, or the amount alone; `currency` may stand beside."""
    price = fields.get("price")
    whole = price if isinstance(price, Mapping) else {"amount": price}
    currency = _currency(whole.get("currency")) or _currency(fields.get("currency"))
    return Money(_amount(whole.get("amount")), currency)


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    number = Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite() or not 0 <= number <= MAX_AMOUNT:
        return None
    return _EXACT.quantize(number, Decimal(1) / MILLIONTHS)


def _currency(value: Any) -> str | None:
    name = value.strip() if isinstance(value, str) else ""
    return name.upper() if _CURRENCY.fullmatch(name) else None


def _link(value: Any) -> str | None:
    link = value.strip() if isinstance(value, str) else ""
    return link if 0 < len(link) <= MAX_LINK else None
