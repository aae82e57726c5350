"""A configuration as an operator wrote it: read whole, or refused with every wrong place named."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from domain.fallbacks import OtherChannel
from domain.stores import StoreConfig
from domain.template_checks import AS_WRITTEN

Path = tuple[int | str, ...]


class Complaint(NamedTuple):
    """One wrong place, by its path in what was written."""

    kind: str
    path: Path
    message: str


class InvalidConfigError(Exception):
    """What was written is no configuration."""

    def __init__(self, complaints: list[Complaint]) -> None:
        """Name everything that is wrong with it."""
        super().__init__("invalid configuration")
        self.complaints = complaints


def read_config(raw: str | bytes) -> StoreConfig:
    """Read a configuration from JSON.

    Raises:
        InvalidConfigError: with every wrong place.
    """
    written = _written(raw)
    try:
        config = StoreConfig.model_validate_json(raw, context=AS_WRITTEN)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidConfigError([_complaint(each, written) for each in found]) from None
    if unknown := list(_unknown_channels(config, written)):
        raise InvalidConfigError(unknown)
    return config


def _unknown_channels(config: StoreConfig, written: Any) -> Iterator[Complaint]:
    for kind, plan in config.plans.items():
        for number, step in enumerate(plan.steps):
            for which, fallback in enumerate(step.fallbacks):
                if isinstance(fallback, OtherChannel) and fallback.channel not in config.channels:
                    loc = ("plans", kind, "steps", number, "fallbacks", which, "channel")
                    path = _path(loc, written, missing=False)
                    yield Complaint("unknown_channel", path, "is not one of the store's channels")


def _written(raw: str | bytes) -> Any:
    try:
        return from_json(raw)
    except ValueError:
        return None


def _complaint(error: ErrorDetails, written: Any) -> Complaint:
    path = _path(error["loc"], written, missing=error["type"] == "missing")
    return Complaint(error["type"], path, error["msg"])


def _path(loc: Path, written: Any, *, missing: bool) -> Path:
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
