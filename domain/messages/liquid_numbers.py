"""Liquid's arithmetic on exact numbers: `600.00 | times: 2` is 1200.00, not 1200.0."""

import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from liquid.filter import decimal_arg, sequence_filter

from domain.messages.posted_values import PostedNumber

Number = int | Decimal
Shown = int | PostedNumber

MAX_PLACES_OF_OTHER = 2
"""2 times 600.00 is 1200.00, but 600 times 0.875 is 525.00: 525.000 may read as thousands."""


def number_in(value: object) -> Number:
    """The number that a value is or writes out; 0 for every other value, as in plain Liquid."""
    try:
        return decimal_arg(value, default=0)
    except ArithmeticError:
        return 0


def _calculated(calculate: Callable[[Any, Any], Number]) -> Callable[[object, object], Shown]:
    def apply(left: object, right: object) -> Shown:
        number, other = number_in(left), number_in(right)
        places = _places(number) or min(_places(other), MAX_PLACES_OF_OTHER)
        return _shown(calculate(number, other), places)

    return apply


def _divided(number: Number, by: Number) -> Number:
    whole = isinstance(number, int) and isinstance(by, int)
    return number // by if whole else Decimal(number) / Decimal(by)


def _absolute(value: object) -> Shown:
    number = number_in(value)
    return abs(number) if isinstance(number, int) else PostedNumber(number.copy_abs())


def _rounded(value: object, places: object = None) -> Shown:
    """To so many places, 5 away from zero; what has fewer places stays as it is."""
    number, wanted = number_in(value), int(number_in(places))
    if wanted < 0:
        return 0
    if isinstance(number, int):
        return number
    if wanted == 0:
        return int(number.to_integral_value(ROUND_HALF_UP))
    if _places(number) <= wanted:
        return PostedNumber(number)
    return PostedNumber(number.quantize(Decimal(1).scaleb(-wanted), ROUND_HALF_UP))


@sequence_filter
def _sum(values: list[Any], key: object = None) -> Shown:
    """Of the values, or of what they have under a key."""
    if isinstance(key, str):
        values = [each.get(key) if isinstance(each, Mapping) else 0 for each in values]
    numbers = [number_in(each) for each in values]
    return _shown(sum(numbers), max(map(_places, numbers), default=0))


def _places(number: Number) -> int:
    """How many digits stand behind the point."""
    exponent = 0 if isinstance(number, int) else number.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _shown(result: Number, places: int) -> Shown:
    """A result without the zeros that calculating added: 600.00 times 0.875 is 525.00."""
    if isinstance(result, int):
        return result
    whole, _, fraction = format(result, "f").partition(".")
    kept = fraction[:places] + fraction[places:].rstrip("0")
    return PostedNumber(Decimal(f"{whole}.{kept}"))


NUMBER_FILTERS: dict[str, Callable[..., Any]] = {
    "abs": _absolute,
    "divided_by": _calculated(_divided),
    "minus": _calculated(operator.sub),
    "modulo": _calculated(operator.mod),
    "plus": _calculated(operator.add),
    "round": _rounded,
    "sum": _sum,
    "times": _calculated(operator.mul),
}
