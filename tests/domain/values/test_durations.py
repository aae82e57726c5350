from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.values.durations import Duration, format_duration

durations: TypeAdapter[timedelta] = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("15s", timedelta(seconds=15)),
        ("15m", timedelta(minutes=15)),
        ("1.5h", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        (" 15 m ", timedelta(minutes=15)),
        ("PT15M", timedelta(minutes=15)),
        ("P1DT2H", timedelta(hours=26)),
        ("0s", timedelta(0)),
        ("365d", timedelta(days=365)),
    ],
)
def test_duration_is_parsed_in_short_and_iso_form(written: str, expected: timedelta) -> None:
    assert durations.validate_python(written) == expected


@pytest.mark.parametrize(
    "wrong",
    [15, 1.5, True, "15", "soon", "", "-5m", "-PT5M", "3661d", "P4000D", None, "9" * 400 + "d"],
)
def test_duration_without_unit_meaning_or_bound_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        durations.validate_python(wrong)


@pytest.mark.parametrize("wrong", ["99999999999999999d", "0.1ms", "PT0.0015S"])
def test_duration_that_cannot_be_formatted_exactly_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        durations.validate_python(wrong)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 365 * 24 * 3600 * 1000))
def test_formatted_duration_parses_to_the_same_value(milliseconds: int) -> None:
    value = timedelta(milliseconds=milliseconds)
    assert durations.validate_json(durations.dump_json(value)) == value


def test_duration_is_formatted_in_the_largest_exact_unit() -> None:
    values = [timedelta(seconds=900), timedelta(days=7), timedelta(milliseconds=1500), timedelta(0)]
    assert [format_duration(value) for value in values] == ["15m", "7d", "1500ms", "0ms"]
