"""The ledger and closed journeys counted for results: by day, at the finest grouping."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FunctionElement,
    Integer,
    Label,
    RowMapping,
    Select,
    and_,
    cast,
    exists,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.days import Span
from domain.results.facts import BILLED, CLAIMED, CLOSED, JOURNEYS, Facts, Subject
from storage.database import UtcDateTime, without_jit
from storage.messages import CAME_TO_CLAIM, OUT, MessageStatus
from storage.result_groups import By
from storage.tables import journeys, messages

UNCONFIRMED: Final = (MessageStatus.ACCEPTED, MessageStatus.SENT, MessageStatus.UNKNOWN)
"""It went out or may have, and no word came of its delivery."""

REACHED: Final = (MessageStatus.DELIVERED, MessageStatus.READ)

FactsByDay = Mapping[date, Facts]

_SUBJECT: Final = tuple(messages.c[name] for name in Subject._fields)


def claimed_in(store_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """The messages of a store that were claimed in a period."""
    claimed_at = messages.c.claimed_at
    return and_(messages.c.store_id == store_id, claimed_at >= start, claimed_at < end)


def _count_if(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    counted: FunctionElement[int] = func.count()
    return counted.filter(condition).label(name)


def _counts() -> list[ColumnElement[Any]]:
    status = messages.c.status
    conditions = {
        "messaged": status.in_(OUT),
        "unconfirmed": status.in_(UNCONFIRMED),
        "undelivered": status == MessageStatus.FAILED,
        "withheld": status == MessageStatus.WITHHELD,
        "delivered": status.in_(REACHED),
        "read": status == MessageStatus.READ,
        "clicked": messages.c.clicked_at.is_not(None),
        "replied": messages.c.replied_at.is_not(None),
    }
    counts = [_count_if(condition, name) for name, condition in conditions.items()]
    return [func.count().label(CLAIMED), *counts]


def _came_before(by: By | None) -> ColumnElement[bool]:
    """Whether a journey came to an earlier claim than this one; of the same group, if one is given.

    So a journey counts once for each group, on one day, however long it went on.
    """
    earlier, this = messages.alias(f"earlier_{by}"), messages.c
    # Not the bare column: SQLite would read all messages of the store by their time.
    claimed_at = func.coalesce(earlier.c.claimed_at, this.claimed_at)
    place = tuple_(claimed_at, earlier.c.message_id)
    its_place = tuple_(this.claimed_at, this.message_id)
    same = [
        earlier.c[name] == this[name] for name in ("store_id", "customer_id", "trigger_event_id")
    ]
    groups = [
        some.is_not_distinct_from(other)
        for some, other in zip(_group(earlier.c, by), _group(this, by), strict=True)
    ]
    came = earlier.c.status.in_(CAME_TO_CLAIM)
    return exists().where(*same, *groups, came, place < its_place)


def _group(columns: Any, by: By | None) -> Sequence[ColumnElement[Any]]:
    match by:
        case None:
            return ()
        case By.STEP:
            return (columns.kind, columns.step)
        case By.VARIANT:
            return (columns.kind, columns.variant)
        case _:
            return (
                func.coalesce(columns.template, columns.channel),
                func.coalesce(columns.language, ""),
            )


_COUNTS: Final = _counts()
_COUNT: Final = func.count().label("count")
_NAMES: Final = tuple(each.name for each in _COUNTS)
_GROUPED: Final = (By.STEP, By.VARIANT, By.TEMPLATE)
_AGAIN: Final = [_count_if(_came_before(by), f"again_{by}") for by in _GROUPED]
_CAME: Final = messages.c.status.in_(CAME_TO_CLAIM)
_AGAIN_AT_ALL: Final = _came_before(None)
"""Most messages are their journey's first: for the others alone the groups are looked at."""


def _number(
    connection: AsyncConnection, spans: Sequence[Span], at: ColumnElement[Any]
) -> Label[int]:
    """The number of the day, of days that follow each other."""
    if connection.dialect.name == "postgresql":
        starts = literal([each.start for each in spans], ARRAY(UtcDateTime))
        return (func.width_bucket(at, starts) - 1).label("number")
    later: list[ColumnElement[int]] = [cast(at >= each.start, Integer) for each in spans[1:]]
    return sum(later, start=literal(0)).label("number")


def _in(spans: Sequence[Span], at: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(at >= spans[0].start, at < spans[-1].end)


async def add_counts(
    connection: AsyncConnection, store_id: str, spans: Sequence[Span], facts: FactsByDay
) -> None:
    """Add what became of the messages claimed on some days, and the journeys closed on them.

    Args:
        connection: to read by.
        store_id: whose.
        spans: the days, or parts of them, in order.
        facts: of each of the days.
    """
    await without_jit(connection)
    number = _number(connection, spans, messages.c.claimed_at)
    claimed = and_(messages.c.store_id == store_id, _in(spans, messages.c.claimed_at))
    of_messages = select(number, *_SUBJECT).where(claimed)
    keys = (number, *_SUBJECT)
    counted = _grouped(of_messages, keys, _COUNTS)
    for row, mine in await _found(connection, counted, spans, facts):
        _add_message_counts(mine, row)
    again = _grouped(of_messages.where(_CAME, _AGAIN_AT_ALL), keys, _AGAIN)
    for row, mine in await _found(connection, again, spans, facts):
        for by in _GROUPED:
            mine.add(_subject(row), f"{JOURNEYS}:{by}", -row[f"again_{by}"])
    await _add_billed(connection, of_messages, spans, facts)
    await _add_closed(connection, store_id, spans, facts)


def _add_message_counts(facts: Facts, row: RowMapping) -> None:
    subject = _subject(row)
    for name in _NAMES:
        facts.add(subject, name, row[name])
    came = row["messaged"] + row["undelivered"] + row["withheld"]
    for by in _GROUPED:  # of which those are taken off that came again
        facts.add(subject, f"{JOURNEYS}:{by}", came)


async def _add_billed(
    connection: AsyncConnection,
    of_messages: Select[Any],
    spans: Sequence[Span],
    facts: FactsByDay,
) -> None:
    prices = (messages.c.price_category, messages.c.country)
    billed = of_messages.add_columns(*prices).where(messages.c.billable == true())
    counted = _grouped(billed, of_messages.selected_columns, [_COUNT])
    for row, mine in await _found(connection, counted.group_by(*prices), spans, facts):
        name = f"{BILLED}:{row['country'] or ''}:{row['price_category'] or ''}"
        mine.add(_subject(row), name, row["count"])


async def _add_closed(
    connection: AsyncConnection, store_id: str, spans: Sequence[Span], facts: FactsByDay
) -> None:
    closed = and_(journeys.c.store_id == store_id, _in(spans, journeys.c.closed_at))
    keys = (_number(connection, spans, journeys.c.closed_at), journeys.c.kind)
    counted = _grouped(select(*keys).where(closed), keys, [_COUNT])
    for row, mine in await _found(connection, counted, spans, facts):
        mine.add(Subject(kind=row["kind"]), CLOSED, row["count"])


def _grouped(
    query: Select[Any], keys: Iterable[ColumnElement[Any]], counts: Iterable[ColumnElement[Any]]
) -> Select[Any]:
    return query.add_columns(*counts).group_by(*keys)


async def _found(
    connection: AsyncConnection, query: Select[Any], spans: Sequence[Span], facts: FactsByDay
) -> list[tuple[RowMapping, Facts]]:
    rows = (await connection.execute(query)).mappings()
    return [(row, facts[spans[row["number"]].day]) for row in rows]


def _subject(row: RowMapping) -> Subject:
    return Subject(*(row[name] for name in Subject._fields))


async def people_messaged(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> dict[str, int]:
    """How many people came to the claim of a message of each plan."""
    different = func.count(messages.c.address_hash.distinct())
    query = select(messages.c.kind, different).where(claimed_in(store_id, start, end))
    found = await connection.execute(query.group_by(messages.c.kind))
    return {row[0]: row[1] for row in found}
