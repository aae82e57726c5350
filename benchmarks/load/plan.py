"""What the load process posts, and what it was answered."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Self

from pydantic import BaseModel


class LoadPlan(BaseModel):
    """Customers who post over a number of connections; each has one connection for its events.

    Event by event, as many customers as there are connections are active at a time.
    """

    host: str
    port: int
    path: str
    key: str
    connections: int
    customers: int
    first_customer: int = 0
    events: int = 1
    """Of each customer."""
    at: datetime | None = None
    """The timestamp of all events; None: the time at which each is posted."""
    per_second: float | None = None
    """None: each connection posts as soon as it was answered."""
    seconds: float | None = None
    """After so long nothing is posted any more, also if customers are left."""

    def posts_of(self, connection: int) -> Iterator[tuple[int, int, float | None]]:
        """Customer, number of the event, and seconds from the start until it is due."""
        for group in range(0, self.customers - connection, self.connections):
            for event in range(self.events):
                position = group * self.events + event * self.connections + connection
                due = None if self.per_second is None else position / self.per_second
                yield self.first_customer + group + connection, event, due


class Answers(BaseModel):
    """What was answered."""

    began_at: datetime
    took: float
    """Seconds from the first request to the last answer."""
    latencies: list[float]
    """Seconds of each accepted event, from when it was due, else from its request."""
    statuses: Counter[str]

    @property
    def accepted(self) -> int:
        """Events answered 202."""
        return len(self.latencies)

    @property
    def refused(self) -> int:
        """All others."""
        return self.statuses.total() - self.accepted

    @property
    def per_second(self) -> float:
        """Events accepted a second."""
        return self.accepted / self.took

    @classmethod
    def of(cls, began_at: datetime, took: float, answers: list[tuple[int, float]]) -> Self:
        """Statuses with their latencies."""
        return cls(
            began_at=began_at,
            took=took,
            latencies=[seconds for status, seconds in answers if status == ACCEPTED],
            statuses=Counter(str(status) for status, _ in answers),
        )


ACCEPTED = 202
