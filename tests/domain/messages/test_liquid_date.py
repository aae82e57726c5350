import calendar
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.liquid import MergeFieldError, parse, render_field
from domain.messages.reader import Reader

AT = "2024-10-08T20:30:35.858469+00:00"


def dated(
    value: Any, form: str | None = None, language: str = "en", zone: str | None = None
) -> str:
    argument = "" if form is None else f": {form!r}"
    return render_field(f"{{{{ at | date{argument} }}}}", {"at": value}, Reader(language, zone))


@pytest.mark.parametrize(
    ("language", "form", "written"),
    [
        ("en", None, "Oct 8, 2024"),
        ("en", "medium", "Oct 8, 2024"),
        ("en", "short", "10/8/24"),
        ("en", "long", "October 8, 2024"),
        ("en", "full", "Tuesday, October 8, 2024"),
        ("en_GB", "short", "08/10/2024"),
        ("pt_BR", "long", "8 de outubro de 2024"),
        ("hi", "long", "8 अक्टूबर 2024"),
        ("zh_HK", None, "2024年10月8日"),
        ("prs_AF", None, "Oct 8, 2024"),
    ],
)
def test_date_is_written_as_its_language_has_it(
    language: str, form: str | None, written: str
) -> None:
    assert dated(AT, form, language) == written


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        (None, "2024-10-08 20:30"),
        ("Asia/Kolkata", "2024-10-09 02:00"),
        ("America/New_York", "2024-10-08 16:30"),
    ],
)
def test_time_with_an_offset_is_told_by_the_readers_clock(zone: str | None, written: str) -> None:
    assert dated(AT, "%Y-%m-%d %H:%M", zone=zone) == written
    assert dated(AT, "short", "en_GB", zone) == f"{written[8:10]}/10/2024"


@pytest.mark.parametrize("value", ["2026-03-14", "14 March 2026", "2026-03-14 23:59"])
def test_date_without_an_offset_is_told_as_posted(value: str) -> None:
    assert dated(value, zone="Asia/Kolkata") == "Mar 14, 2026"


@pytest.mark.parametrize("value", [1728419435, "1728419435", 1728419435.5])
def test_seconds_are_a_time(value: object) -> None:
    assert dated(value, zone="Asia/Kolkata") == "Oct 9, 2024"
    assert dated(value, "%H:%M") == "20:30"


def test_names_in_a_format_are_in_the_language() -> None:
    assert dated(AT, "%d %b, %a", "hi") == "08 अक्टू॰, मंगल"
    assert dated(AT, "%A %d %B", "ru") == "вторник 08 октября"
    assert dated(AT, "%I:%M %p", "en") == "08:30 PM"
    assert dated("2026-03-14 09:05", "%I:%M %p", "en") == "09:05 AM"
    assert dated(AT, "100%% %%b %h", "en") == "100% %b Oct"


@pytest.mark.parametrize("month", range(1, 13))
def test_names_in_an_english_format_are_those_of_plain_liquid(month: int) -> None:
    names = f"{calendar.month_abbr[month]} {calendar.month_name[month]}"
    assert dated(f"2026-{month:02}-01", "%b %B") == names


def test_now_is_a_time() -> None:
    assert dated("now", "%Y") == dated("today", "%Y") >= "2026"


@pytest.mark.parametrize("value", ["soon", True, "9" * 40, 10**20, ["x"]])
def test_what_is_no_date_stays_as_it_is(value: object) -> None:
    assert dated(value) == render_field("{{ at }}", {"at": value})


@pytest.mark.parametrize("value", [None, "", "\u200b"])
def test_date_that_is_not_there_is_empty(value: object) -> None:
    with pytest.raises(MergeFieldError) as caught:
        dated(value)
    assert caught.value.problems == {"at | date": "is empty"}
    assert render_field("{{ at | date | default: 'soon' }}", {"at": value}) == "soon"


def test_form_that_is_not_there_is_the_default() -> None:
    assert render_field("{{ at | date: form }}", {"at": AT}) == "Oct 8, 2024"


@given(
    st.from_regex(r"\A[A-Za-z]{2,3}(_[A-Za-z]{2,4})?\Z"),
    st.sampled_from(["short", "medium", "long", "full", "%a %A %b %B %p"]),
)
def test_any_language_that_a_step_may_have_writes_dates(language: str, form: str) -> None:
    assert dated(AT, form, language)


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_stays(text: str) -> None:
    with suppress(MergeFieldError):
        assert dated(text)


def test_filter_is_known_when_a_template_is_put() -> None:
    assert parse("{{ event.timestamp | date }}")
