"""The days of a time zone, as spans of instants."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from domain.results.days import Span, day_of, is_whole, runs, spans, start_of

DAY = timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "UTC"]
)
def test_days_follow_each_other_without_a_gap(zone: str) -> None:
    start, end = datetime(2011, 12, 1, 3, tzinfo=UTC), datetime(2018, 12, 31, tzinfo=UTC)
    found = list(spans(start, end, zone))
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(day_of(each.start, zone) == each.day for each in found)
    assert all(day_of(each.end - timedelta.resolution, zone) == each.day for each in found)
    assert not is_whole(found[0], zone)
    assert all(is_whole(each, zone) for each in found[1:-1])


def test_no_time_has_no_days() -> None:
    assert list(spans(LAST, FIRST, "UTC")) == []


def test_a_day_that_a_zone_left_out_is_no_day() -> None:
    around = datetime(2011, 12, 29, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC)
    assert date(2011, 12, 30) not in {each.day for each in spans(*around, "Pacific/Apia")}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_the_first_and_the_last_of_all_days_have_ends(zone: str) -> None:
    assert next(spans(FIRST, FIRST + DAY, zone)).start == FIRST
    *_, last = spans(LAST - DAY, LAST, zone)
    assert last.end == LAST
    assert start_of(date.min, zone) >= FIRST
    assert not is_whole(Span(date.max, LAST - DAY, LAST), zone)


def test_spans_that_follow_each_other_are_together_but_not_too_many() -> None:
    found = list(spans(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 7, tzinfo=UTC), "UTC"))
    del found[2]
    assert [[each.day.day for each in run] for run in runs(found, 2)] == [[1, 2], [4, 5], [6]]
    assert list(runs([], 2)) == []
