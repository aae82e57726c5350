"""What a partner knows about its customers, and what it was asked."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from sandbox.bodies import json_or_text
from sandbox.samples import sample

DEFAULT_EVENT_COUNT = 5


class RecentEvent(BaseModel):
    """An event in the Exit API's answer, told word for word as it was put."""

    model_config = ConfigDict(extra="allow", frozen=True)

    event_name: str
    timestamp: str

    @field_validator("timestamp")
    @classmethod
    def _with_an_offset(cls, timestamp: str) -> str:
        if datetime.fromisoformat(timestamp).tzinfo is None:
            raise ValueError("needs an offset")
        return timestamp

    @property
    def at(self) -> datetime:
        """The instant of the timestamp."""
        return datetime.fromisoformat(self.timestamp)


class Question(BaseModel):
    """What both forms of the Exit API ask."""

    customer_id: str | None = None
    event_count: int = DEFAULT_EVENT_COUNT


class Asked(Question):
    """A request to the Exit API as it came, and what it was understood to ask."""

    method: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


def asked_by(request: Request, body: bytes) -> Asked:
    """Note a request; whatever it asks comes from the query or, without that, from the body."""
    query = dict(request.query_params)
    content = json_or_text(body) if body else None
    question = _question(query or content)
    return Asked(
        method=request.method,
        query=query,
        body=content,
        headers=dict(request.headers),
        **question.model_dump(),
    )


def _question(content: Any) -> Question:
    try:
        return Question.model_validate(content)
    except ValidationError:
        return Question()


class Customers:
    """Everything the stand-in for a partner remembers."""

    def __init__(self) -> None:
        """Begin with customers who did nothing lately."""
        self.requests: list[Asked] = []
        self._events: dict[str, list[RecentEvent]] = {}

    def put(self, customer_id: str, events: list[RecentEvent]) -> None:
        """Say what a customer did lately, instead of what was said before."""
        self._events[customer_id] = events

    def answer(self, customer_id: str, event_count: int) -> dict[str, Any]:
        """The guide's answer: the newest so many events, in the order in which they were put."""
        events = self._events.get(customer_id, [])
        newest = sorted(range(len(events)), key=lambda i: events[i].at, reverse=True)[:event_count]
        answer = sample("exit_api_response")
        answer["customer_id"] = answer["customer"]["customer_id"] = customer_id
        answer["recent_events"] = [events[i].model_dump() for i in sorted(newest)]
        return answer

    def clear(self) -> None:
        """Forget the customers and the requests."""
        self.requests.clear()
        self._events.clear()
