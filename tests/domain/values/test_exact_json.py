import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.exact_json import MAX_DIGITS, read_json, write_json

LONG = "1.234567890123456789012345678901234567890"
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(-(10**30), 10**30, places=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("written", ["600", "600.00", "-0.10", "0.000", LONG, "9" * 60])
def test_number_keeps_every_digit(written: str) -> None:
    assert write_json(read_json(written)) == written
    assert write_json(read_json(written.encode())) == written
    assert str(read_json(written)) == written


@pytest.mark.parametrize(
    ("posted", "number"),
    [
        ("1e3", 1000),
        ("1.5E+3", 1500),
        ("1.50e1", Decimal("15.0")),
        ("2e-3", Decimal("0.002")),
        ("1e-9", Decimal("0.000000001")),
        ("-0.0", Decimal("0.0")),
        ("-0", 0),
        ("-0e2", 0),
    ],
)
def test_number_with_an_exponent_is_written_out_as_postgresql_does(
    posted: str, number: Decimal | int
) -> None:
    read = read_json(posted)
    assert (str(read), type(read)) == (str(number), type(number))


@given(VALUES)
def test_what_was_written_is_read_the_same(value: Any) -> None:
    written = write_json(value)
    again = read_json(written)
    assert write_json(again) == write_json(read_json(write_json(again)))
    assert again == value


def test_a_number_may_have_as_many_digits_as_python_reads() -> None:
    assert read_json("9" * MAX_DIGITS) == int("9" * MAX_DIGITS)
    assert read_json("0." + "1" * (MAX_DIGITS - 1)) < 1


@pytest.mark.parametrize(
    "text",
    [
        "9" * (MAX_DIGITS + 1),
        "0." + "1" * MAX_DIGITS,
        f"1e{MAX_DIGITS}",
        "1e-999999999",
        "1e999999999999999999999",
        "1e-999999999999999999999",
        "[",
        "",
    ],
)
def test_longer_numbers_and_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # Python's own among them
        read_json(text)


class Pair(NamedTuple):
    left: int
    right: int


def test_other_values_are_written_as_before() -> None:
    at = datetime(2024, 10, 8, 12, tzinfo=UTC)
    value = {"at": at, "pair": Pair(1, 2), "name": "Zoë"}
    assert write_json(value) == json.dumps(
        {"at": "2024-10-08T12:00:00Z", "pair": [1, 2], "name": "Zoë"}
    )
    assert write_json({"name": "Zoë"}, ensure_ascii=False, indent=1) == '{\n "name": "Zoë"\n}'
