from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.posted_values import PostedNumber, as_merge_field


@pytest.mark.parametrize("digits", ["600.00", "0.10", "-1.5", "0.0000000001", "1" * 40 + ".20"])
def test_number_is_written_as_posted(digits: str) -> None:
    number = as_merge_field(Decimal(digits))
    assert str(number) == f"{number}" == digits


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_number_compares_as_a_float_does(exact: Decimal) -> None:
    assert PostedNumber(exact) == float(exact)
    assert not PostedNumber(exact) < float(exact)


def test_blank_text_reads_as_empty_text_however_deep() -> None:
    posted = {"a": "\u200b", "list": [" ", {"b": "\u2800", "c": "x\u200b"}, Decimal("1.0")]}
    read = as_merge_field(posted)
    assert read == {"a": "", "list": ["", {"b": "", "c": "x\u200b"}, 1.0]}
    assert str(read["list"][2]) == "1.0"


@pytest.mark.parametrize("value", [None, True, False, 0, 7, 10**30, 1.5, "x", [], {}])
def test_other_values_stay_as_they_are(value: object) -> None:
    read = as_merge_field(value)
    assert (read, type(read)) == (value, type(value))
