from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.journey.schedule import due_at, message_label
from domain.stores.config import QuietHours

CHANGES = [
    ("America/New_York", "2024-03-10T07:00Z"),
    ("America/New_York", "2024-11-03T06:00Z"),
    ("Europe/Berlin", "2024-03-31T01:00Z"),
    ("Europe/Berlin", "2024-10-27T01:00Z"),
    ("Australia/Lord_Howe", "2024-04-06T15:00Z"),
    ("Australia/Lord_Howe", "2024-10-05T15:30Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),
    ("America/Sao_Paulo", "2019-02-17T02:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Africa/Casablanca", "2024-04-14T02:00Z"),
    ("Asia/Kolkata", "2024-10-08T06:30Z"),
]
"""Where clocks were set, or a whole day left out (Apia), and one zone that never does."""

around = st.tuples(st.sampled_from(CHANGES), st.integers(-36 * 3600, 36 * 3600)).map(
    lambda drawn: (drawn[0][0], datetime.fromisoformat(drawn[0][1]) + timedelta(seconds=drawn[1]))
)
wall_times = st.builds(
    time, st.integers(0, 23), st.sampled_from([0, 1, 15, 29, 30, 31, 45, 59]), st.just(0)
)
NIGHT = QuietHours(start=time(21), end=time(9))


def is_quiet(instant: datetime, start: time, end: time, zone: str) -> bool:
    """An independent reading: count the minutes of the day from `start`."""
    local = instant.astimezone(ZoneInfo(zone)).time()
    day = 24 * 3600 * 10**6
    return (_micros(local) - _micros(start)) % day < (_micros(end) - _micros(start)) % day


def _micros(wall: time) -> int:
    return ((wall.hour * 60 + wall.minute) * 60 + wall.second) * 10**6 + wall.microsecond


@settings(max_examples=300, deadline=None)
@given(around, wall_times, wall_times)
@example(("America/New_York", datetime(2024, 3, 10, 6, 30, tzinfo=UTC)), time(2, 0), time(2, 30))
@example(("America/New_York", datetime(2024, 11, 3, 5, 20, tzinfo=UTC)), time(22), time(1, 30))
@example(("Pacific/Apia", datetime(2011, 12, 30, 8, tzinfo=UTC)), time(21), time(9))
def test_due_time_is_outside_quiet_hours_and_not_before_the_wanted_time(
    when: tuple[str, datetime], start: time, end: time
) -> None:
    assume(start != end)
    zone, wanted = when
    due = due_at(wanted, QuietHours(start=start, end=end), zone)
    assert not is_quiet(due, start, end, zone)
    assert wanted <= due <= wanted + timedelta(hours=49)
    assert (due == wanted) == (not is_quiet(wanted, start, end, zone))
    assert due.tzinfo is UTC


@settings(max_examples=50, deadline=None)
@given(around)
def test_due_time_without_quiet_hours_is_the_wanted_time(when: tuple[str, datetime]) -> None:
    zone, wanted = when
    assert due_at(wanted, None, zone) == wanted


@pytest.mark.parametrize(
    ("zone", "wanted", "due"),
    [
        ("Asia/Kolkata", "2024-10-08T22:00+05:30", "2024-10-09T09:00+05:30"),
        ("Asia/Kolkata", "2024-10-09T03:00+05:30", "2024-10-09T09:00+05:30"),
        ("Asia/Kolkata", "2024-10-08T21:00+05:30", "2024-10-09T09:00+05:30"),
        ("Asia/Kolkata", "2024-10-08T20:59:59+05:30", "2024-10-08T20:59:59+05:30"),
        ("Asia/Kolkata", "2024-10-08T09:00+05:30", "2024-10-08T09:00+05:30"),
        ("Europe/Berlin", "2024-03-30T23:00+01:00", "2024-03-31T09:00+02:00"),
        ("Europe/Berlin", "2024-10-26T23:00+02:00", "2024-10-27T09:00+01:00"),
        ("America/Sao_Paulo", "2018-11-03T22:00-03:00", "2018-11-04T09:00-02:00"),
        ("Pacific/Apia", "2011-12-29T22:00-10:00", "2011-12-31T09:00+14:00"),
    ],
)
def test_quiet_hours_end_by_the_customers_clock(zone: str, wanted: str, due: str) -> None:
    expected = datetime.fromisoformat(due)
    assert due_at(datetime.fromisoformat(wanted), NIGHT, zone) == expected


def test_quiet_hours_within_one_day_end_the_same_day() -> None:
    siesta = QuietHours(start=time(13), end=time(16))
    wanted = datetime.fromisoformat("2024-10-08T14:00+02:00")
    assert due_at(wanted, siesta, "Europe/Madrid") == wanted + timedelta(hours=2)


@pytest.mark.parametrize("hours", [QuietHours(start=time(13), end=time(16)), NIGHT])
def test_quiet_hours_have_their_first_instant_and_not_their_last(hours: QuietHours) -> None:
    first = datetime.combine(date(2024, 10, 8), hours.start, UTC)
    end = due_at(first, hours, "UTC")
    assert end > first
    assert end.time() == hours.end
    assert due_at(end, hours, "UTC") == end


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("2024-03-10T01:30-05:00", time(21), time(2, 30)),  # the end is skipped
        ("2024-03-10T01:59-05:00", time(1, 30), time(2, 10)),  # so is this one
        ("2024-11-03T01:10-04:00", time(22), time(1, 30)),  # the end comes twice
        ("2024-11-03T01:10-05:00", time(22), time(1, 30)),  # for the second time
    ],
)
def test_end_of_quiet_hours_may_be_skipped_or_repeated_by_the_clock(
    wanted: str, start: time, end: time
) -> None:
    instant = datetime.fromisoformat(wanted)
    due = due_at(instant, QuietHours(start=start, end=end), "America/New_York")
    assert instant < due <= instant + timedelta(hours=2)
    assert not is_quiet(due, start, end, "America/New_York")


def test_label_has_the_number_and_the_due_time_by_the_customers_clock() -> None:
    left, due = (datetime(2024, 10, 8, hour, tzinfo=UTC) for hour in (4, 5))
    assert (
        message_label(1, 2, due, left, "Asia/Kolkata") == "message 1 of 2, due 10:30 Asia/Kolkata"
    )


def test_label_has_the_day_if_the_customer_left_on_another() -> None:
    left, due = datetime(2024, 10, 8, 4, tzinfo=UTC), datetime(2024, 10, 9, 5, tzinfo=UTC)
    written = message_label(2, 2, due, left, "Asia/Kolkata")
    assert written == "message 2 of 2, due 10:30 Asia/Kolkata on 9 Oct"
