"""The outcome that Meta's HTTP response proves; `Unknown` where it proves none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from httpx import codes
from pydantic_core import from_json

from domain.messages.send_outcome import (
    Accepted,
    ErrorCategory,
    NotSent,
    Refused,
    SendOutcome,
    Unknown,
)
from whatsapp.errors import category_of, deciding_code
from whatsapp.people import person_of

MAX_TEXT_LENGTH = 1000
"""Characters kept of Meta's title and of its details, which are stored and shown."""

MAX_CODE = 2**31 - 1
MAX_ID_LENGTH = 256
"""What the ledger can hold."""

MESSAGE_STATUSES = frozenset({"accepted", "held_for_quality_assessment", "paused"})
"""Of an accepted message, from Meta's page "Send messages". Only these words reach histories."""

_LONG_NUMBER = re.compile(r"\+?\d{7,}")
"""Anything as long as a phone number; Meta quotes what it was given."""


@dataclass(frozen=True)
class SendResponse:
    """Status and body; the body is None when it was too long to be Meta's."""

    status: int
    body: bytes | None


@dataclass(frozen=True)
class _Error:
    code: int
    title: str
    details: str


def outcome_of(response: SendResponse, access_token: str) -> SendOutcome:
    """Read a response.

    Args:
        response: Meta's.
        access_token: taken out of Meta's texts.
    """
    content = _json(response.body)
    if codes.is_success(response.status):
        return _accepted(content)
    if not codes.is_error(response.status):
        return Unknown(f"HTTP {response.status} instead of an answer")
    error = _error(content, access_token)
    if error is None:
        return _without_code(response.status)
    return _failed(response.status, error)


def _accepted(content: Any) -> Accepted | Unknown:
    message, contact = _first(content, "messages"), _first(content, "contacts")
    provider_id = _text(message, "id")[:MAX_ID_LENGTH]
    if not provider_id:
        return Unknown("accepted without a message id")
    return Accepted(
        provider_id=provider_id,
        recipient_id=_text(contact, "wa_id") or None,
        user_ids=tuple(sorted(person_of(contact).user_ids)),
        answer=_answer(_text(message, "message_status")),
    )


def _answer(message_status: str) -> str:
    return message_status if message_status in MESSAGE_STATUSES else "accepted"


def _without_code(status: int) -> NotSent | Unknown:
    if status == codes.TOO_MANY_REQUESTS:
        return NotSent("throttled: HTTP 429")
    return Unknown(f"HTTP {status} without an error code")


def _failed(status: int, error: _Error) -> Refused | Unknown:
    category = category_of(error.code)
    unproven = category is ErrorCategory.REFUSED and not codes.is_client_error(status)
    if category is ErrorCategory.UNCLEAR or unproven:
        return Unknown(error.title or f"HTTP {status}", error.code)
    return Refused(category, error.code, error.title, error.details)


def _error(content: Any, access_token: str) -> _Error | None:
    error = _member(content, "error")
    code = _code(error, "code")
    if code is None:
        return None
    return _Error(
        code=deciding_code(code, _code(error, "error_subcode")),
        title=_without_secrets(_text(error, "message"), access_token),
        details=_without_secrets(_text(_member(error, "error_data"), "details"), access_token),
    )


def _code(error: Any, name: str) -> int | None:
    code = _member(error, name)
    is_code = isinstance(code, int) and not isinstance(code, bool) and abs(code) <= MAX_CODE
    return code if is_code else None


def _without_secrets(text: str, access_token: str) -> str:
    storable = text.replace("\x00", "")
    return without_numbers(storable.replace(access_token, "…"))[:MAX_TEXT_LENGTH]


def without_numbers(text: str) -> str:
    """The text with everything replaced that may be a phone number."""
    return _LONG_NUMBER.sub("…", text)


def _json(body: bytes | None) -> Any:
    try:
        return from_json(body or b"null")
    except ValueError:
        return None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _first(value: Any, name: str) -> Any:
    entries = _member(value, name)
    return entries[0] if isinstance(entries, list) and entries else None


def _text(value: Any, name: str) -> str:
    text = _member(value, name)
    return text if isinstance(text, str) else ""
