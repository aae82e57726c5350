"""The people behind a figure: whose message, journey, event or order was counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.funnel_counts import closed_in, events_in, was_messaged
from storage.message_counts import REACHED, UNCONFIRMED, claimed_in
from storage.messages import OUT, MessageStatus
from storage.tables import inbox, journeys, messages

_STATUS: Final = messages.c.status
MESSAGES: Final[dict[str, ColumnElement[bool] | None]] = {
    "due": None,
    "messaged": _STATUS.in_(OUT),
    "unconfirmed": _STATUS.in_(UNCONFIRMED),
    "undelivered": _STATUS == MessageStatus.FAILED,
    "not_sent": _STATUS == MessageStatus.NOT_SENT,
    "withheld": _STATUS == MessageStatus.WITHHELD,
    "delivered": _STATUS.in_(REACHED),
    "read": _STATUS == MessageStatus.READ,
    "clicked": messages.c.clicked_at.is_not(None),
    "replied": messages.c.replied_at.is_not(None),
}
"""What messages a figure counts; None: every claimed one."""

JOURNEYS: Final = frozenset({"without_message", "after_message"})
IGNORED: Final = "ignored"


@dataclass(frozen=True)
class Behind:
    """Which figure is meant, and of which part of the store; None: of all."""

    figure: str
    start: datetime
    end: datetime
    plan: str | None = None
    step: int | None = None
    variant: str | None = None
    template: str | None = None
    language: str | None = None
    outcome: str | None = None
    reason: str | None = None
    """Of a journey, an ignored event or an unsent message."""


@dataclass(frozen=True)
class Person:
    """A customer, how often they were counted, and when last."""

    customer_id: str
    times: int
    last_at: datetime


async def people(
    connection: AsyncConnection, store_id: str, behind: Behind, offset: int, limit: int
) -> list[Person]:
    """The customers behind a figure, the last counted first."""
    query = _query(store_id, behind)
    found = await connection.execute(query.offset(offset).limit(limit))
    return [Person(customer_id, times, last_at) for customer_id, times, last_at in found]


def _query(store_id: str, behind: Behind) -> Select[str, int, datetime]:
    period = (store_id, behind.start, behind.end)
    if behind.figure in JOURNEYS:
        return _of_journeys(period, behind)
    if behind.figure == IGNORED:
        conditions = [events_in(*period), inbox.c.ignored_because.is_not(None)]
        if behind.reason is not None:
            conditions.append(inbox.c.ignored_because == behind.reason)
        return _grouped(inbox.c.customer_id, inbox.c.received_at, conditions)
    counted = MESSAGES[behind.figure]
    conditions = [claimed_in(*period), *_of_part(behind)]
    if counted is not None:
        conditions.append(counted)
    return _grouped(messages.c.customer_id, messages.c.claimed_at, conditions)


def _of_journeys(
    period: tuple[str, datetime, datetime], behind: Behind
) -> Select[str, int, datetime]:
    messaged = was_messaged()
    conditions = [
        closed_in(*period),
        messaged if behind.figure == "after_message" else ~messaged,
        *_equal(journeys.c.kind, behind.plan),
        *_equal(journeys.c.outcome, behind.outcome),
        *_equal(journeys.c.reason, behind.reason),
    ]
    return _grouped(journeys.c.customer_id, journeys.c.closed_at, conditions)


def _of_part(behind: Behind) -> list[ColumnElement[bool]]:
    name = func.coalesce(messages.c.template, messages.c.channel)
    return [
        *_equal(messages.c.kind, behind.plan),
        *_equal(messages.c.step, behind.step),
        *_equal(messages.c.variant, behind.variant),
        *_equal(name, behind.template),
        *_equal(messages.c.language, behind.language),
        *_equal(messages.c.because, behind.reason),
    ]


def _equal(column: ColumnElement[Any], value: object) -> list[ColumnElement[bool]]:
    return [] if value is None else [column == value]


def _grouped(
    customer: ColumnElement[str],
    at: ColumnElement[datetime],
    conditions: list[ColumnElement[bool]],
) -> Select[str, int, datetime]:
    last = func.max(at)
    return (
        select(customer, func.count(), last)
        .where(*conditions)
        .group_by(customer)
        .order_by(last.desc(), customer)
    )
