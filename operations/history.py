"""A customer's history: every journey that is kept, and every event that was ignored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.choices import Choice
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import ClosedJourney
from operations.explain import Explainer
from operations.explanation import Explanation, about_to_start, from_closed
from storage import (
    customers,
    inbox,
    inbox_history,
    journeys,
    message_reports,
    opt_outs,
)
from storage.database import Database
from storage.inbox import Arrival
from storage.inbox_history import IgnoredEvent
from temporal.gateway import JourneyGateway, OpenJourney
from temporal.rpc import TemporalUnavailableError, UndeliverableError

PAGE_SIZE: Final = 100
"""Of closed journeys, and of ignored events."""


class EventHistory(BaseModel):
    """An event that came to nothing, and why."""

    event_id: str
    event_name: str
    timestamp: AwareDatetime
    received_at: AwareDatetime
    status: Literal["ignored"] = "ignored"
    reason: str


class OptedOut(BaseModel):
    """That a number of the customer's is suppressed now."""

    model_config = ConfigDict(from_attributes=True)

    because: str
    since: AwareDatetime


class History(BaseModel):
    """A page of what is known of a customer, newest first."""

    journey_id: str
    journeys: list[Explanation]
    """On the first page the open one comes first, if any."""
    events: list[EventHistory]
    """Ignored ones; what was accepted is in the journeys."""
    opted_out: OptedOut | None
    open_journey_unknown: bool
    """Temporal does not answer, and an open journey may be missing."""


@dataclass(frozen=True)
class HistoryPosition:
    """The last journey and the last event of the page before; None: there was none yet."""

    journey: tuple[datetime, str] | None = None
    """When it closed, and its run id."""
    event: int | None = None


@dataclass(frozen=True)
class HistoryPage:
    """A page, and where the next one begins; None: it is the last."""

    history: History
    next: HistoryPosition | None


@dataclass(frozen=True)
class _Stored:
    """What the database has of a page, with one row more where there are more."""

    closed: Sequence[ClosedJourney]
    ignored: Sequence[IgnoredEvent]
    suppressed: Choice | None
    arrival: Arrival | None
    """The latest event that may start a journey."""
    known: bool

    def next(self, page: HistoryPosition) -> HistoryPosition | None:
        if max(len(self.closed), len(self.ignored)) <= PAGE_SIZE:
            return None
        journey, event = self.closed[:PAGE_SIZE][-1:], self.ignored[:PAGE_SIZE][-1:]
        return HistoryPosition(
            (journey[0].closed_at, journey[0].run_id) if journey else page.journey,
            event[0].id if event else page.event,
        )


class HistoryReader:
    """Reads customers' histories."""

    def __init__(self, database: Database, journeys: JourneyGateway, explainer: Explainer) -> None:
        """Read from this database, and open journeys through this gateway."""
        self._database = database
        self._journeys = journeys
        self._explainer = explainer

    async def read(self, customer: CustomerRef, page: HistoryPosition | None) -> HistoryPage | None:
        """A page of a customer's history, the first by default.

        Returns:
            None when nothing at all is known of the customer.
        """
        # Temporal first: a journey that closes in between is shown twice rather than never.
        journey, answered = await self._open_journey(customer)
        position = page or HistoryPosition()
        async with self._database.reading(long=True) as connection:
            stored = await _stored(connection, customer, position)
            closed = await _explained(connection, customer, stored.closed[:PAGE_SIZE])
        if journey is None and not stored.known:
            return None
        current = [] if page else await self._current(customer, journey, stored)
        history = History(
            journey_id=customer.journey_id,
            journeys=[*current, *closed],
            events=[_event(each) for each in stored.ignored[:PAGE_SIZE]],
            opted_out=_opted_out(stored.suppressed),
            open_journey_unknown=not answered and stored.arrival is not None,
        )
        return HistoryPage(history, stored.next(position))

    async def _open_journey(self, customer: CustomerRef) -> tuple[OpenJourney | None, bool]:
        """The open journey if any, and whether Temporal answered."""
        try:
            return await self._journeys.describe(customer), True
        except (TemporalUnavailableError, UndeliverableError):
            return None, False

    async def _current(
        self, customer: CustomerRef, journey: OpenJourney | None, stored: _Stored
    ) -> list[Explanation]:
        """The open journey, or the one that an undelivered event will start."""
        if journey is not None:
            if journey.run_id in {each.run_id for each in stored.closed}:
                return []  # it closed meanwhile
            return [await self._explainer.explain_open(customer, journey)]
        if stored.arrival is not None and stored.arrival.dispatched_at is None:
            return [about_to_start(customer, stored.arrival.event)]
        return []


async def _stored(
    connection: AsyncConnection, customer: CustomerRef, position: HistoryPosition
) -> _Stored:
    ids, limit = (customer.store_id, customer.customer_id), PAGE_SIZE + 1
    closed = await journeys.listed(connection, *ids, position.journey, limit)
    hashes = await customers.address_hashes(connection, *ids)
    return _Stored(
        closed=closed,
        ignored=await inbox_history.ignored(connection, *ids, position.event, limit),
        suppressed=await opt_outs.newest_of(connection, customer.store_id, hashes),
        arrival=await inbox.last_starting(connection, *ids),
        known=bool(closed or hashes) or await inbox_history.has_any(connection, *ids),
    )


async def _explained(
    connection: AsyncConnection, customer: CustomerRef, closed: Sequence[ClosedJourney]
) -> list[Explanation]:
    """Closed journeys with their messages."""
    triggers = {each.trigger.event_id for each in closed if each.trigger}
    sent = await message_reports.for_triggers(
        connection, customer.store_id, customer.customer_id, triggers
    )
    return [
        from_closed(customer, each)
        .with_messages(sent.get(each.trigger.event_id, []) if each.trigger else [])
        .model_copy(update={"closed_at": each.closed_at})
        for each in closed
    ]


def _event(ignored: IgnoredEvent) -> EventHistory:
    return EventHistory(
        event_id=ignored.event_id,
        event_name=ignored.kind,
        timestamp=ignored.at,
        received_at=ignored.received_at,
        reason=ignored.because,
    )


def _opted_out(suppressed: Choice | None) -> OptedOut | None:
    return OptedOut.model_validate(suppressed) if suppressed else None
