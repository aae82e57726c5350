"""What makes a body a store's configuration: its form, and a partner that may be called."""

from collections.abc import Iterator

import httpx
from pydantic import HttpUrl
from pydantic_core import from_json

from activities.egress import ForbiddenAddressError, check_url
from api.errors import InvalidBodyError, Problem, problem
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
    if wrong := list(_not_callable(config, allow_private=allow_private)):
        raise InvalidBodyError(wrong)
    return config


def _not_callable(config: StoreConfig, *, allow_private: bool) -> Iterator[Problem]:
    called: dict[tuple[str, ...], HttpUrl] = {
        ("channels", name, "url"): each.url for name, each in config.channels.items()
    }
    if config.exit_api is not None:
        called["exit_api", "url"] = config.exit_api.url
    for path, url in called.items():
        try:
            check_url(str(url), allow_private=allow_private)
        except (ForbiddenAddressError, httpx.InvalidURL) as error:
            yield problem("forbidden_address", str(error), *path)
