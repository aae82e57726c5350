"""Timestamps as partners write them, and as decisions compare them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}")


def _written_out(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError("write the time with its offset, such as 2024-10-08T06:30:35+00:00")
    return value


def require_utc(at: datetime) -> datetime:
    """Return the time if it can be written in UTC.

    Raises:
        ValueError: its UTC form is outside the years 1 to 9999.
    """
    try:
        at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years 1 to 9999 in UTC") from error
    return at


Timestamp = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(require_utc)]
"""A time with its offset. A bare number is refused: it could be seconds or milliseconds."""


def _to_instant(at: datetime) -> datetime:
    """UTC, cut to milliseconds: more digits do not make an event later."""
    at = require_utc(at).astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


UtcTimestamp = Annotated[AwareDatetime, AfterValidator(_to_instant)]
