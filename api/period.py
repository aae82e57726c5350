"""Periods of time that operators ask about, and cursors for the next page."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator

from api.dependencies import ServicesDep
from api.errors import invalid
from domain.values.timestamps import Timestamp

DEFAULT_LENGTH = timedelta(days=7)
Position = tuple[datetime, str]
"""When a message was claimed, and its id."""


@dataclass(frozen=True)
class Period:
    """From `start` up to, not including, `end`."""

    start: datetime
    end: datetime


def _with_plus(value: Any) -> Any:
    """A `+` that was not escaped arrives as a blank."""
    return value.replace(" ", "+") if isinstance(value, str) else value


QueryTimestamp = Annotated[Timestamp, BeforeValidator(_with_plus)]


def _period(
    services: ServicesDep,
    start: Annotated[QueryTimestamp | None, Query(alias="from")] = None,
    end: Annotated[QueryTimestamp | None, Query(alias="to")] = None,
) -> Period:
    """The last seven days by default."""
    end = end or services.clock()
    return Period(start or _default_start(end), end)


def _default_start(end: datetime) -> datetime:
    try:
        return end - DEFAULT_LENGTH
    except OverflowError:
        return end


PeriodQuery = Annotated[Period, Depends(_period)]


def to_cursor(position: Position) -> str:
    """The opaque form of a position."""
    claimed_at, message_id = position
    return urlsafe_b64encode(f"{claimed_at.isoformat()} {message_id}".encode()).decode()


def _position(cursor: Annotated[str | None, Query(max_length=256)] = None) -> Position | None:
    if not cursor:
        return None
    try:
        at, _, message_id = urlsafe_b64decode(cursor).decode().partition(" ")
        claimed_at = datetime.fromisoformat(at)
    except (binascii.Error, ValueError):
        raise _invalid_cursor() from None
    if claimed_at.tzinfo is None or not message_id.isalnum():
        raise _invalid_cursor()
    return claimed_at, message_id


def _invalid_cursor() -> RequestValidationError:
    return invalid("cursor", "is not a cursor of ours", "query", "cursor")


CursorQuery = Annotated[Position | None, Depends(_position)]
