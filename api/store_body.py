"""What makes a body a store's configuration: its form, and a partner that may be called."""

import httpx
from pydantic_core import from_json

from activities.egress import ForbiddenAddressError, check_url
from api.errors import InvalidBodyError, problem
from domain.storable import can_be_stored
from domain.store_body import InvalidConfigError, read_config
from domain.stores import StoreConfig


def parse(raw: bytes, *, allow_private: bool) -> StoreConfig:
    """Read a configuration.

    Raises:
        InvalidBodyError: with every wrong field.
    """
    try:
        config = read_config(raw)
    except InvalidConfigError as error:
        wrong = [problem(each.kind, each.message, *each.path) for each in error.complaints]
        raise InvalidBodyError(wrong) from None
    if not can_be_stored(from_json(raw)):
        raise InvalidBodyError([problem("not_storable", "holds a NUL character")])
    if config.exit_api is not None:
        _check_callable(str(config.exit_api.url), allow_private=allow_private)
    return config


def _check_callable(url: str, *, allow_private: bool) -> None:
    try:
        check_url(url, allow_private=allow_private)
    except (ForbiddenAddressError, httpx.InvalidURL) as error:
        wrong = problem("forbidden_address", str(error), "exit_api", "url")
        raise InvalidBodyError([wrong]) from None
