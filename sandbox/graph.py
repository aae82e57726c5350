"""What the stand-in for Meta answers to a request. No HTTP here."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from sandbox.faults import Fault
from sandbox.graph_errors import GraphError
from sandbox.graph_schema import Shape
from sandbox.template_message import TemplateMessage, read_message
from sandbox.user_ids import user_id_of

RATE_LIMIT_HIT = 130429
INVALID_TOKEN = 190
UNKNOWN_PATH = 2500

_PATH = re.compile(r"(v\d+\.\d+/)?[^/]+/(?P<endpoint>messages|marketing_messages)")
_BEARER = re.compile(r"Bearer \S+")


class GraphFailure(StrEnum):
    """How sending can fail."""

    THROTTLE = "throttle"
    ERROR = "error"
    """Refused with the given `code`."""
    SERVER_ERROR = "server_error"
    """HTTP 500 without a code; nothing was sent, which the caller cannot know."""
    DONE_BUT_SERVER_ERROR = "done_but_server_error"
    """The same answer, but the message was sent."""
    DONE_BUT_TIMEOUT = "done_but_timeout"
    """The message was sent and no answer comes."""


_DONE = {GraphFailure.DONE_BUT_SERVER_ERROR, GraphFailure.DONE_BUT_TIMEOUT}


class GraphFault(Fault):
    """A failure of the next messages; with `to`, of those to this number."""

    fault: GraphFailure
    code: int | None = None
    subcode: int | None = None
    to: Annotated[str, Field(pattern=r"^[0-9]+$")] | None = None

    @model_validator(mode="after")
    def _only_errors_have_codes(self) -> Self:
        if (self.code is not None) != (self.fault is GraphFailure.ERROR):
            raise ValueError("a code belongs to the fault `error`, and to no other")
        return self


@dataclass(frozen=True)
class GraphAnswer:
    """The answer; without a status there is none."""

    status: int | None
    content: Any
    message_id: str | None = None
    """Set when the message reached a phone."""
    problem: str | None = None
    """What in the request differs from what Meta published; independent of faults."""
    message: TemplateMessage | None = None
    """The message, if the request is valid."""


def answer_to(
    path: str,
    headers: Mapping[str, str],
    body: Any,
    fault_of: Callable[[TemplateMessage], GraphFault | None],
    check_template: Callable[[dict[str, Any]], None] = lambda _: None,
) -> GraphAnswer:
    """Answer as Meta would.

    A valid request meets the fault that `fault_of` gives, if any; then its template is checked.
    """
    try:
        message = _checked(path, headers, body)
    except GraphError as error:
        return GraphAnswer(error.status, error.envelope, problem=error.details)
    fault = fault_of(message)
    try:
        if fault is None:
            check_template(body["template"])
        answer = _accepted(message.to) if fault is None else _failed(fault)
    except GraphError as error:
        answer = GraphAnswer(error.status, error.envelope)
    return replace(answer, message=message)


def _checked(path: str, headers: Mapping[str, str], body: Any) -> TemplateMessage:
    if not _BEARER.fullmatch(headers.get("authorization", "")):
        raise GraphError(INVALID_TOKEN, "An access token is required to request this resource")
    if (known := _PATH.fullmatch(path)) is None:
        raise GraphError(UNKNOWN_PATH, f"/{path}")
    return read_message(body, Shape(known["endpoint"]))


def _accepted(to: str) -> GraphAnswer:
    message_id = _message_id()
    content = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to, "user_id": user_id_of(to)}],
        "messages": [{"id": message_id, "message_status": "accepted"}],
    }
    return GraphAnswer(200, content, message_id)


def _failed(fault: GraphFault) -> GraphAnswer:
    if fault.fault is GraphFailure.THROTTLE:
        raise GraphError(RATE_LIMIT_HIT, "Cloud API message throughput has been reached")
    if fault.code is not None:
        raise GraphError(fault.code, "The sandbox was told to fail", fault.subcode)
    status = None if fault.fault is GraphFailure.DONE_BUT_TIMEOUT else 500
    return GraphAnswer(status, None, _message_id() if fault.fault in _DONE else None)


def _message_id() -> str:
    return f"wamid.{secrets.token_hex(16).upper()}"
