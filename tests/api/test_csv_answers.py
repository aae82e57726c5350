"""Answers as CSV."""

import pytest

from api.csv_answers import csv_response


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-1+1", "'-1+1"),
        ("@sum", "'@sum"),
        ("-10.00", "-10.00"),
        (-3, "-3"),
        ("cart_reminder", "cart_reminder"),
        (None, ""),
    ],
)
def test_a_text_is_no_formula_and_an_amount_stays_a_number(value: object, cell: str) -> None:
    answer = csv_response([{"first": value, "second": 1}], ["first", "second"])
    assert bytes(answer.body).decode() == f"first,second\r\n{cell},1\r\n"
