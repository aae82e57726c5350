"""From an HTTP answer of Meta to an outcome. What is not proven is `Unknown`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from httpx import codes
from pydantic_core import from_json

from whatsapp.errors import Verdict, verdict_of
from whatsapp.outcomes import NotSent, Outcome, Refused, Sent, Unknown

MOST_TEXT = 1000
"""Characters kept of Meta's title and details: they are stored and shown, and foreign."""

_LONG_NUMBER = re.compile(r"\+?\d{7,}")
"""Anything as long as a phone number; Meta quotes what it was given."""


@dataclass(frozen=True)
class Answer:
    """Status and body, the body None when it was longer than an answer of Meta ever is."""

    status: int
    body: bytes | None


@dataclass(frozen=True)
class _Error:
    code: int
    title: str
    details: str


def outcome_of(answer: Answer, access_token: str) -> Outcome:
    """Read an answer; the token is asked for only to take it out of Meta's texts."""
    content = _json(answer.body)
    if codes.is_success(answer.status):
        return _sent(content)
    if not codes.is_error(answer.status):
        return Unknown(f"HTTP {answer.status} instead of an answer")
    error = _error(content, access_token)
    if error is None:
        return _without_code(answer.status)
    return _failed(answer.status, error)


def _sent(content: Any) -> Sent | Unknown:
    message, contact = _first(content, "messages"), _first(content, "contacts")
    provider_id = _text(message, "id")
    if not provider_id:
        return Unknown("accepted without a message id")
    return Sent(
        provider_id=provider_id,
        wa_id=_text(contact, "wa_id") or None,
        message_status=_text(message, "message_status") or "accepted",
    )


def _without_code(status: int) -> NotSent | Unknown:
    if status == codes.TOO_MANY_REQUESTS:
        return NotSent("throttled: HTTP 429")
    return Unknown(f"HTTP {status} without an error code")


def _failed(status: int, error: _Error) -> Refused | Unknown:
    verdict = verdict_of(error.code)
    unproven = verdict is Verdict.REFUSED and not codes.is_client_error(status)
    if verdict is Verdict.UNCLEAR or unproven:
        return Unknown(error.title or f"HTTP {status}", error.code)
    return Refused(verdict, error.code, error.title, error.details)


def _error(content: Any, access_token: str) -> _Error | None:
    error = _member(content, "error")
    code = _member(error, "code")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    return _Error(
        code=code,
        title=_hidden(_text(error, "message"), access_token),
        details=_hidden(_text(_member(error, "error_data"), "details"), access_token),
    )


def _hidden(text: str, access_token: str) -> str:
    storable = text.replace("\x00", "")
    return without_numbers(storable.replace(access_token, "…"))[:MOST_TEXT]


def without_numbers(text: str) -> str:
    """Meta's words without anything that may be somebody's phone number."""
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
