"""Parsing a posted event: the partner schema, the store's organization, the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from domain.events.models import EVENT_TAGS, EventBase, event_adapter
from domain.events.partner_schema import OpaqueId
from domain.journey.routing import MAX_CLOCK_SKEW
from domain.values.durations import format_duration
from domain.values.exact_json import MAX_DIGITS, read_json
from domain.values.problems import InvalidBodyError, Problem, problems_of
from domain.values.timestamps import Timestamp

Value = TypeVar("Value")
_identifier = TypeAdapter[str](OpaqueId, config={"coerce_numbers_to_str": True})
_timestamp = TypeAdapter[datetime](Timestamp)


@dataclass(frozen=True)
class ParsedEvent:
    """A valid event, and the JSON that it was read from."""

    event: EventBase
    body: Mapping[str, Any]
    """With numbers as `read_json` reads them."""


def parse_event(raw: bytes, organization_id: str, now: datetime) -> ParsedEvent:
    """Parse an event of the store that belongs to an organization.

    Raises:
        InvalidBodyError: with every wrong field.
    """
    body = _json_object(raw)
    store_problems = _store_problems(body, organization_id, now)
    try:
        event = event_adapter.validate_json(raw)
    except ValidationError as error:
        raise InvalidBodyError(problems_of(error, EVENT_TAGS) + store_problems) from None
    if store_problems:
        raise InvalidBodyError(store_problems)
    return ParsedEvent(event, _exact_body(raw))


def _json_object(raw: bytes) -> Mapping[str, Any]:
    """The body's JSON object; an empty one if the body is none."""
    try:
        parsed = from_json(raw)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _exact_body(raw: bytes) -> Mapping[str, Any]:
    """The body of a valid event, with every digit of its numbers.

    Raises:
        InvalidBodyError: it has a number that is too long to be stored.
    """
    try:
        body: Mapping[str, Any] = read_json(raw)
    except ValueError:
        message = f"has a number of more than {MAX_DIGITS} digits"
        raise InvalidBodyError([Problem("number_too_long", (), message)]) from None
    return body


def _store_problems(body: Mapping[str, Any], organization_id: str, now: datetime) -> list[Problem]:
    """What is wrong for this store at this moment, as far as the fields can be read."""
    problems = []
    if _read(_identifier, body.get("organization_id")) not in (None, organization_id):
        message = "is not the organization of this store"
        problems.append(Problem("organization_mismatch", ("organization_id",), message))
    at = _read(_timestamp, body.get("timestamp"))
    if at is not None and at - now > MAX_CLOCK_SKEW:
        message = f"is more than {format_duration(MAX_CLOCK_SKEW)} ahead of the server"
        problems.append(Problem("timestamp_ahead", ("timestamp",), message))
    return problems


def _read(adapter: TypeAdapter[Value], value: Any) -> Value | None:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None
