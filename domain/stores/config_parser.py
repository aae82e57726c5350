"""Parsing a configuration as an operator wrote it; every wrong place is named as it was written."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from domain.messages.message import ChannelMessage
from domain.messages.template_checks import AS_WRITTEN
from domain.stores.config import StoreConfig
from domain.stores.planned_messages import planned_messages
from domain.values.problems import InvalidBodyError, Path, Problem


def parse_config(raw: str | bytes) -> StoreConfig:
    """Parse a configuration from JSON.

    Raises:
        InvalidBodyError: with every wrong place.
    """
    written = written_json(raw)
    try:
        config = StoreConfig.model_validate_json(raw, context=AS_WRITTEN)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        problems = [
            Problem(
                each["type"],
                _written_path(each["loc"], written, missing=each["type"] == "missing"),
                each["msg"],
            )
            for each in found
        ]
        raise InvalidBodyError(problems) from None
    if unknown := list(_unknown_channels(config, written)):
        raise InvalidBodyError(unknown)
    return config


def path_as_written(loc: Path, written: Any) -> Path:
    """The path of a key in what was written, or where it would stand.

    Args:
        loc: its path in a `StoreConfig`.
        written: the JSON that was parsed to it.
    """
    return (*_written_path(loc[:-1], written, missing=False), loc[-1])


def _unknown_channels(config: StoreConfig, written: Any) -> Iterator[Problem]:
    for loc, message in planned_messages(config):
        if isinstance(message, ChannelMessage) and message.channel not in config.channels:
            path = _written_path((*loc, "channel"), written, missing=False)
            yield Problem("unknown_channel", path, "is not one of the store's channels")


def written_json(raw: str | bytes) -> Any:
    """What was written, as JSON; None if it is none."""
    try:
        return from_json(raw)
    except ValueError:
        return None


def _written_path(loc: Path, written: Any, *, missing: bool) -> Path:
    """The part of pydantic's path that is in what was written.

    Pydantic also names the branches of unions, and the `steps` of a plan that is a bare list.
    """
    path: list[int | str] = []
    for part in loc:
        if _has(written, part):
            path.append(part)
            written = written[part]
    return (*path, loc[-1]) if missing else tuple(path)


def _has(written: Any, part: int | str) -> bool:
    if isinstance(written, dict):
        return part in written
    return isinstance(written, list) and isinstance(part, int) and part < len(written)
