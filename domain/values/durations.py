"""Durations as people write them: `500ms`, `15s`, `15m`, `1h`, `7d`, or ISO 8601 (`PT15M`)."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

_SHORT = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|d)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_MAX_DURATION = timedelta(days=3660)
_RANGE = "a duration lies between 0 and 3660d"
_ISO = re.compile(r"\s*P.*", re.DOTALL)


def parse_duration(value: Any) -> Any:
    """Turn `15m` into a timedelta; anything else is left to pydantic, which knows ISO 8601.

    Raises:
        ValueError: a bare number, which has no unit, or more than fits a timedelta.
    """
    if isinstance(value, bool | int | float):
        raise ValueError("a duration needs a unit, such as 500ms, 15s, 15m, 1h or 7d")  # noqa: TRY004  # pydantic turns only ValueError into a 422
    return _parse_text(value) if isinstance(value, str) else value


def _parse_text(text: str) -> Any:
    if match := _SHORT.fullmatch(text.strip()):
        try:
            return float(match["count"]) * _UNITS[match["unit"]]
        except OverflowError as error:
            raise ValueError(_RANGE) from error
    if not _ISO.match(text):
        raise ValueError("is not a duration, such as 500ms, 15s, 15m, 1h, 7d or PT15M")
    return text


def format_duration(value: timedelta) -> str:
    """Write a duration in the largest unit that keeps it exact: 900 s is `15m`."""
    for unit in ("d", "h", "m", "s"):
        if value and value % _UNITS[unit] == timedelta(0):
            return f"{value // _UNITS[unit]}{unit}"
    return f"{value // _UNITS['ms']}ms"


def _check_range(value: timedelta) -> timedelta:
    if not timedelta(0) <= value <= _MAX_DURATION:
        raise ValueError(_RANGE)
    if value % _UNITS["ms"]:
        raise ValueError("a duration has whole milliseconds")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(_check_range),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
]
