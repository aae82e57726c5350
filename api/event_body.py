"""What makes a posted body an event of this store: the guide's form, the owner, the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from api.errors import InvalidBodyError, Problem, problem, problems_of
from domain.durations import format_duration
from domain.events import EVENT_TAGS, EventBase, event_adapter
from domain.guide import Identifier
from domain.instants import Timestamp
from domain.reception import FARTHEST_AHEAD

Value = TypeVar("Value")
_identifier = TypeAdapter[str](Identifier, config={"coerce_numbers_to_str": True})
_timestamp = TypeAdapter[datetime](Timestamp)


@dataclass(frozen=True)
class ParsedEvent:
    """A valid event, and the JSON that it was read from."""

    event: EventBase
    body: Mapping[str, Any]


def parse(raw: bytes, organization_id: str, now: datetime) -> ParsedEvent:
    """Read an event of the store that belongs to an organization.

    Raises:
        InvalidBodyError: with every wrong field.
    """
    try:
        event = event_adapter.validate_json(raw)
    except ValidationError as error:
        problems = problems_of(error, EVENT_TAGS)
        raise InvalidBodyError(problems + _foreign(_object(raw), organization_id, now)) from None
    body = _object(raw)
    if problems := _foreign(body, organization_id, now):
        raise InvalidBodyError(problems)
    return ParsedEvent(event, body)


def _object(raw: bytes) -> Mapping[str, Any]:
    """The JSON object that a body is; an empty one if it is none."""
    try:
        found = from_json(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _foreign(body: Mapping[str, Any], organization_id: str, now: datetime) -> list[Problem]:
    """What only this store and this moment make wrong, as far as the fields can be read."""
    problems = []
    if _read(_identifier, body.get("organization_id")) not in (None, organization_id):
        message = "is not the organization of this store"
        problems.append(problem("organization_mismatch", message, "organization_id"))
    at = _read(_timestamp, body.get("timestamp"))
    if at is not None and at - now > FARTHEST_AHEAD:
        ahead = format_duration(FARTHEST_AHEAD)
        message = f"is more than {ahead} ahead of the server"
        problems.append(problem("timestamp_ahead", message, "timestamp"))
    return problems


def _read(adapter: TypeAdapter[Value], value: Any) -> Value | None:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None
