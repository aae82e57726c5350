"""The Liquid filter `money`: an amount as the reader's language writes it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.numbers import format_currency, format_decimal
from liquid import RenderContext, is_undefined
from liquid.filter import with_context

from domain.messages.reader import reader_of
from domain.messages.unreadable_value import UnreadableValueError

_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_CURRENCIES = ("item.currency", "event_data.currency", "event_data.price.currency")
"""Where an event says its currency, the nearest to an amount first."""

_LETTER_AT_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@with_context
def money(price: object, currency: object = None, *, context: RenderContext) -> str:
    """`{{ event_data.price | money }}` is ₹600.00: a price of the guide, or an amount alone.

    Args:
        price: `{"amount": 600.00, "currency": "INR"}`, or a number, also as text.
        currency: an ISO 4217 code. Without one: that of the price, of the item, of the event.
        context: has the reader.

    Raises:
        UnreadableValueError: the amount is no number.
    """
    known: Mapping[str, Any] = price if isinstance(price, Mapping) else {"amount": price}
    amount = _amount(known.get("amount"))
    if amount is None:
        return ""
    locale = reader_of(context).locale
    code = _code(currency, known.get("currency"), *(_posted(context, at) for at in _CURRENCIES))
    if code is None:
        return _plain(amount, locale)
    return _LETTER_AT_DIGIT.sub(" ", format_currency(amount, code, locale=locale))


def _amount(value: object) -> Decimal | None:
    """None for an amount that is not there."""
    text = "" if value is None or is_undefined(value) else str(value).strip()
    if not text:
        return None
    if not _AMOUNT.fullmatch(text):
        raise UnreadableValueError("is not an amount")
    return Decimal(text)


def _posted(context: RenderContext, path: str) -> object:
    return context.get([*path.split(".")], token=None, default=None)


def _code(*values: object) -> str | None:
    """The first that is a currency."""
    codes = (value.strip().upper() for value in values if isinstance(value, str))
    return next(filter(None, codes), None)


def _plain(amount: Decimal, locale: Locale) -> str:
    """A whole amount without a fraction, another with the digits that were posted, two at least."""
    exponent = amount.as_tuple().exponent
    places = max(-int(exponent), 2) if exponent else 0
    whole = locale.decimal_formats[None].pattern.partition(".")[0]
    pattern = f"{whole}.{'0' * places}" if places else whole
    return format_decimal(amount, format=pattern, locale=locale)
