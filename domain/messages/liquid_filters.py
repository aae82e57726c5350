"""Liquid filters besides the standard ones, or in their place."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from liquid.builtin.filters import misc
from liquid.exceptions import FilterArgumentError
from liquid.filter import string_filter

from domain.messages.liquid_date import date
from domain.messages.liquid_money import money
from domain.messages.liquid_numbers import NUMBER_FILTERS
from domain.values.blank import is_blank


@string_filter
def url_path(url: str) -> str:
    """The part behind the host: `https://store.com/cart/1?a=b` becomes `cart/1?a=b`.

    A URL button of a template has its host fixed at Meta and takes only the rest.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise FilterArgumentError("is not a URL", token=None) from error
    path = parts.path.lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path


def default(value: object, other: object = "", *, allow_false: bool = False) -> object:
    """The value, or another where it is nil, false, empty or blank."""
    if isinstance(value, str) and is_blank(value):
        return other
    return misc.default(value, other, allow_false=allow_false)


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **NUMBER_FILTERS,
    "date": date,
    "default": default,
    "money": money,
    "url_path": url_path,
}
"""By the name that templates use."""
