"""Accepting a store's configuration: its form, storable values, URLs that may be called."""

from collections.abc import Iterator

from pydantic import HttpUrl
from pydantic_core import from_json

from domain.stores.config import StoreConfig
from domain.stores.config_parser import parse_config
from domain.values.problems import InvalidBodyError, Problem
from domain.values.storable import can_be_stored
from partners.egress import ForbiddenAddressError, check_url


def accept_config(raw: bytes, *, allow_private: bool) -> StoreConfig:
    """Parse a configuration that may be stored.

    Raises:
        InvalidBodyError: with every wrong field.
    """
    config = parse_config(raw)
    if not can_be_stored(from_json(raw)):
        raise InvalidBodyError([Problem("not_storable", (), "holds a NUL character")])
    if problems := list(_forbidden_urls(config, allow_private=allow_private)):
        raise InvalidBodyError(problems)
    return config


def _forbidden_urls(config: StoreConfig, *, allow_private: bool) -> Iterator[Problem]:
    urls: dict[tuple[str, ...], HttpUrl] = {
        ("channels", name, "url"): each.url for name, each in config.channels.items()
    }
    if config.exit_api is not None:
        urls["exit_api", "url"] = config.exit_api.url
    for path, url in urls.items():
        try:
            check_url(str(url), allow_private=allow_private)
        except ForbiddenAddressError as error:
            yield Problem("forbidden_address", path, str(error))
