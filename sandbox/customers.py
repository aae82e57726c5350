"""What a partner knows about its customers, and the requests that it received."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from sandbox.bodies import json_or_text
from sandbox.samples import sample

DEFAULT_EVENT_COUNT = 5


class RecentEvent(BaseModel):
    """An event of the Exit API's answer, returned exactly as it was put."""

    model_config = ConfigDict(extra="allow", frozen=True)

    event_name: str
    timestamp: str

    @field_validator("timestamp")
    @classmethod
    def _has_offset(cls, timestamp: str) -> str:
        if datetime.fromisoformat(timestamp).tzinfo is None:
            raise ValueError("needs an offset")
        return timestamp

    @property
    def at(self) -> datetime:
        """The timestamp, parsed."""
        return datetime.fromisoformat(self.timestamp)


class ExitQuery(BaseModel):
    """The parameters of both forms of the Exit API."""

    customer_id: str | None = None
    event_count: int = DEFAULT_EVENT_COUNT


class ExitRequest(ExitQuery):
    """A request to the Exit API as it came, and the parameters that were read from it."""

    method: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


def read_request(request: Request, body: bytes) -> ExitRequest:
    """Read the parameters from the query, or from the body if there is no query."""
    query = dict(request.query_params)
    content = json_or_text(body) if body else None
    return ExitRequest(
        method=request.method,
        query=query,
        body=content,
        headers=dict(request.headers),
        **_read_query(query or content).model_dump(),
    )


def _read_query(content: Any) -> ExitQuery:
    try:
        return ExitQuery.model_validate(content)
    except ValidationError:
        return ExitQuery()


class Customers:
    """Everything that the stand-in for a partner remembers."""

    def __init__(self) -> None:
        self.requests: list[ExitRequest] = []
        self._events: dict[str, list[RecentEvent]] = {}

    def put(self, customer_id: str, events: list[RecentEvent]) -> None:
        """Replace a customer's recent events."""
        self._events[customer_id] = events

    def answer(self, customer_id: str, event_count: int) -> dict[str, Any]:
        """The guide's answer with the newest events, in the order in which they were put."""
        events = self._events.get(customer_id, [])
        newest = sorted(range(len(events)), key=lambda i: events[i].at, reverse=True)[:event_count]
        answer = sample("exit_api_response")
        answer["customer_id"] = answer["customer"]["customer_id"] = customer_id
        answer["recent_events"] = [events[i].model_dump() for i in sorted(newest)]
        return answer

    def clear(self) -> None:
        """Forget events and requests."""
        self.requests.clear()
        self._events.clear()
