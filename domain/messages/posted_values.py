"""Posted values as merge fields see them: exact numbers, and blank text as empty text."""

from decimal import Decimal
from typing import Any, Self

from domain.values.blank import is_blank


class PostedNumber(float):
    """A number with a point that is written as it was posted: 600.00 stays 600.00.

    A float to Liquid, whose comparisons and filters do not know `Decimal`.
    """

    def __new__(cls, exact: Decimal) -> Self:
        """Take every digit."""
        number = super().__new__(cls, exact)
        number.exact = exact
        return number

    exact: Decimal

    def __str__(self) -> str:
        """Every digit, without an exponent."""
        return format(self.exact, "f")


def as_merge_field(value: Any) -> Any:
    """A value of an event's body, and what is in it, as merge fields see it."""
    match value:
        case str():
            return "" if is_blank(value) else value
        case Decimal():
            return PostedNumber(value)
        case list():
            return [as_merge_field(each) for each in value]
        case dict():
            return {name: as_merge_field(each) for name, each in value.items()}
    return value
