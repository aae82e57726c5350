"""JSON whose numbers keep every digit, on both databases alike.

`json` reads 600.00 as the float 600.0, and cannot write a `Decimal`.
"""

import json
from decimal import Decimal
from typing import Any

import simplejson
from pydantic_core import to_jsonable_python

MAX_DIGITS = 4_300
"""Of one number written out, before and behind the point; Python reads no longer integers."""


def read_json(text: str | bytes) -> Any:
    """Read JSON: numbers with a point become a `Decimal`, others an `int`.

    A number with an exponent is written out, as PostgreSQL does: 1e3 is 1000, 1.50e1 is 15.0.

    Raises:
        ValueError: it is no JSON, or has a number of more than `MAX_DIGITS` digits.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    return _DECODER.decode(text)


def write_json(value: Any, *, indent: int | None = None, ensure_ascii: bool = True) -> str:
    """Write JSON: a `Decimal` is a number, times and the like are as pydantic writes them."""
    return simplejson.dumps(
        value,
        default=to_jsonable_python,
        ensure_ascii=ensure_ascii,
        indent=indent,
        namedtuple_as_object=False,
        use_decimal=True,
    )


def _exact(text: str) -> Decimal | int:
    try:
        number = Decimal(text)
    except ArithmeticError as error:
        raise ValueError("the exponent of a number is out of range") from error
    if _digits(number) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    written = format(number or number.copy_abs(), "f")  # PostgreSQL has no negative zero
    return Decimal(written) if "." in written else int(written)


def _digits(number: Decimal) -> int:
    """How many a number has when it is written without an exponent."""
    _, digits, exponent = number.as_tuple()
    behind = -int(exponent)
    return max(len(digits) - behind, 1) + max(behind, 0)


_DECODER = json.JSONDecoder(parse_float=_exact)
