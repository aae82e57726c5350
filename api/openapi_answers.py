"""Error answers in the OpenAPI document: what each status means, its body and its headers."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import status

Responses = dict[int | str, dict[str, Any]]

_WAIT: Final = {
    "Retry-After": {
        "description": "Seconds after which to try again",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
_CHALLENGE: Final = {
    "WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": "Bearer"}}
}
_DETAIL: Final = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "string"}},
    "additionalProperties": False,
}
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "loc", "msg"],
    "properties": {
        "type": {"type": "string", "description": "The kind of problem, which does not change"},
        "loc": {
            "type": "array",
            "items": {"type": ["string", "integer"]},
            "description": "Where it is: the part of the request, then keys and positions",
        },
        "msg": {"type": "string", "description": "For people"},
    },
    "additionalProperties": False,
}
_PROBLEMS: Final = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "type": "array",
            "minItems": 1,
            "items": {"$ref": "#/components/schemas/Problem"},
        }
    },
    "additionalProperties": False,
}
COMPONENTS: Final = {"Error": _DETAIL, "Problem": _PROBLEM, "InvalidRequest": _PROBLEMS}

_MEANINGS: Final = {
    400: ("The request did not arrive in full", "the request did not arrive in full"),
    401: ("The credentials are missing or wrong: one and the same answer", "not authorized"),
    404: ("There is none", "no such store"),
    408: ("The body did not arrive in time", "the body did not arrive in time"),
    409: (
        "It cannot be done as things are",
        "the store has 20 keys; end one before making another",
    ),
    413: ("The body is too large; the answer names the limit", "the body is over 64 KiB"),
    429: ("Too many requests, of this caller or of all", "too many requests at once"),
    500: ("An unexpected failure, which the log has", "internal error"),
    503: ("Database or Temporal are not available; nothing was kept", "temporarily unavailable"),
}
_INVALID: Final = {
    "detail": [{"type": "missing", "loc": ["body", "event_id"], "msg": "Field required"}]
}
_HEADERS: Final[Mapping[int, Any]] = {401: _CHALLENGE, 429: _WAIT, 503: _WAIT}


def error_responses(*statuses: int) -> Responses:
    """What a route answers besides success, and besides what its kind of route answers anyway."""
    return {code: _response(code) for code in statuses}


def described(code: int, description: str, example: str) -> Responses:
    """An error answer that means something of its own, without the headers of its status."""
    return {code: {"description": description, "content": _content("Error", {"detail": example})}}


def _response(code: int) -> dict[str, Any]:
    if code == status.HTTP_422_UNPROCESSABLE_CONTENT:
        invalid = _content("InvalidRequest", _INVALID)
        return {"description": "Invalid: every wrong field is named", "content": invalid}
    description, example = _MEANINGS[code]
    response = {"description": description, "content": _content("Error", {"detail": example})}
    return response | ({"headers": _HEADERS[code]} if code in _HEADERS else {})


def _content(schema: str, example: Any) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"application/json": {"schema": reference, "example": example}}
