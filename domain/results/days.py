"""The days of a time zone, as spans of instants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A day of a time zone, or a part of it, from `start` up to, not including, `end`."""

    day: date
    start: datetime
    end: datetime


def day_of(at: datetime, zone: str) -> date:
    """The day in a time zone; the first and the last of all days have no neighbours."""
    try:
        return at.astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        return at.date()


def start_of(day: date, zone: str) -> datetime:
    """When a day begins; where a clock is put forward at midnight, then."""
    try:
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def spans(start: datetime, end: datetime, zone: str) -> Iterator[Span]:
    """The days of a period; of the first and the last one the part that is in it."""
    if start >= end:
        return
    day, began = day_of(start, zone), start
    while True:
        ends = end if day == date.max else min(start_of(day + _DAY, zone), end)
        if began < ends:  # not on a day that a zone left out
            yield Span(day, began, ends)
        if ends >= end:
            return
        day, began = day + _DAY, ends


def is_whole(span: Span, zone: str) -> bool:
    """Whether a span is all of its day."""
    if span.day == date.max:
        return False
    starts, ends = start_of(span.day, zone), start_of(span.day + _DAY, zone)
    return (span.start, span.end) == (starts, ends)


def runs(found: Sequence[Span], longest: int) -> Iterator[list[Span]]:
    """Spans that follow each other, together: so many at most."""
    run: list[Span] = []
    for span in found:
        if run and (run[-1].end != span.start or len(run) == longest):
            yield run
            run = []
        run.append(span)
    if run:
        yield run
