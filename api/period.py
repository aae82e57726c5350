"""Stretches of time that operators ask about, and cursors to go on from."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator

from api.dependencies import Running
from api.errors import invalid
from domain.instants import Timestamp

DEFAULT_LENGTH = timedelta(days=7)
Position = tuple[datetime, str]
"""When a message was claimed, and its id."""


@dataclass(frozen=True)
class Period:
    """From `start` up to, not including, `end`."""

    start: datetime
    end: datetime


def _with_plus(value: Any) -> Any:
    """A `+` that nobody escaped arrives as a blank."""
    return value.replace(" ", "+") if isinstance(value, str) else value


Instant = Annotated[Timestamp, BeforeValidator(_with_plus)]


def _period(
    services: Running,
    start: Annotated[Instant | None, Query(alias="from")] = None,
    end: Annotated[Instant | None, Query(alias="to")] = None,
) -> Period:
    """The last seven days unless told otherwise."""
    end = end or services.clock()
    return Period(start or _before(end), end)


def _before(end: datetime) -> datetime:
    try:
        return end - DEFAULT_LENGTH
    except OverflowError:
        return end


Asked = Annotated[Period, Depends(_period)]


def to_cursor(position: Position) -> str:
    """Opaque to whoever gets it."""
    claimed_at, message_id = position
    return urlsafe_b64encode(f"{claimed_at.isoformat()} {message_id}".encode()).decode()


def _position(cursor: Annotated[str | None, Query(max_length=256)] = None) -> Position | None:
    if not cursor:
        return None
    try:
        at, _, message_id = urlsafe_b64decode(cursor).decode().partition(" ")
        position = datetime.fromisoformat(at), message_id
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None
    if position[0].tzinfo is None or not message_id.isalnum():
        raise _bad_cursor()
    return position


def _bad_cursor() -> RequestValidationError:
    return invalid("cursor", "is not a cursor of ours", "query", "cursor")


After = Annotated[Position | None, Depends(_position)]
