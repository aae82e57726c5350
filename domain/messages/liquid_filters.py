"""Liquid filters besides the standard ones."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from liquid.exceptions import FilterArgumentError
from liquid.filter import string_filter


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


FILTERS: Final[dict[str, Callable[..., Any]]] = {"url_path": url_path}
"""By the name that templates use."""
