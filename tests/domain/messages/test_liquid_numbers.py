from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.liquid import MergeFieldError, render_field
from domain.values.exact_json import read_json

POSTED = read_json(
    """{"price": 600.00, "whole": 600, "small": 0.1, "text": "600.00", "word": "lots",
        "items": [{"price": 600.00}, {"price": "0.5"}, {"price": 1}, {}, "x"],
        "lines": [{"price": 600.00}, {"price": "0.5"}],
        "long": 1.23456789012345678901234567890123}"""
)


def calculated(expression: str) -> str:
    return render_field(f"{{{{ event_data.{expression} }}}}", {"event_data": POSTED})


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("price | times: 2", "1200.00"),
        ("price | times: 0.9", "540.00"),
        ("price | times: 0.875", "525.00"),
        ("whole | times: 0.875", "525.00"),
        ("whole | times: 0.9", "540.0"),
        ("whole | plus: event_data.price", "1200.00"),
        ("price | plus: 1", "601.00"),
        ("price | plus: event_data.small", "600.10"),
        ("price | minus: 0.005", "599.995"),
        ("price | minus: event_data.price", "0.00"),
        ("price | divided_by: 4", "150.00"),
        ("price | divided_by: 7 | round: 2", "85.71"),
        ("price | modulo: 7", "5.00"),
        ("price | abs", "600.00"),
        ("price | times: -1 | abs", "600.00"),
        ("long | times: -1 | abs | round: 3", "1.235"),
        ("small | times: 3", "0.3"),
        ("text | times: 2", "1200.00"),
        ("text | plus: event_data.whole", "1200.00"),
        ("whole | times: 2", "1200"),
        ("whole | times: -2 | abs", "1200"),
        ("whole | divided_by: 7", "85"),
        ("whole | divided_by: 7.0 | round: 1", "85.7"),
        ("word | plus: 1", "1"),
        ("missing | plus: 1", "1"),
        ("price | at_most: 1000", "600.00"),
        ("price | at_least: 1000", "1000"),
        ("price | ceil", "600"),
        ("price | floor", "600"),
    ],
)
def test_arithmetic_is_exact_and_keeps_the_places_of_prices(expression: str, result: str) -> None:
    assert calculated(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("price | round", "600"),
        ("price | round: 2", "600.00"),
        ("price | round: 1", "600.0"),
        ("price | round: 5", "600.00"),
        ("price | round: -1", "0"),
        ("price | round: event_data.missing", "600"),
        ("whole | round: 2", "600"),
        ("small | times: 5 | round", "1"),
        ("small | times: 25 | round", "3"),
        ("price | plus: 0.005 | round: 2", "600.01"),
    ],
)
def test_rounding_is_away_from_zero_at_5_and_adds_no_places(expression: str, result: str) -> None:
    assert calculated(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("items | sum: 'price'", "601.50"),
        ("lines | map: 'price' | sum", "600.50"),
        ("missing | sum", "0"),
    ],
)
def test_sum_is_exact(expression: str, result: str) -> None:
    assert calculated(expression) == result


@pytest.mark.parametrize(
    "condition",
    [
        "event_data.price == 600",
        "event_data.price == 600.0",
        "event_data.price == event_data.whole",
        "event_data.small == 0.1",
        "event_data.small <= 0.1",
        "event_data.price > event_data.small",
    ],
)
def test_numbers_compare_as_numbers(condition: str) -> None:
    source = f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}"
    assert render_field(source, {"event_data": POSTED}) == "yes"


@pytest.mark.parametrize(
    "expression", ["price | divided_by: 0", "whole | divided_by: 0", "price | divided_by: 'x'"]
)
def test_division_by_zero_is_an_error(expression: str) -> None:
    with pytest.raises(MergeFieldError):
        calculated(expression)


@given(
    st.sampled_from(["times: 2", "plus: 1", "minus: 1", "round: 2", "abs", "modulo: 7"]), st.text()
)
def test_arithmetic_on_any_text_ends(calculation: str, text: str) -> None:
    source = f"{{{{ event_data.text | {calculation} }}}}"
    with suppress(MergeFieldError):
        assert render_field(source, {"event_data": {"text": text}})


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "NaN", "-Infinity", "sNaN"])
def test_extreme_numbers_in_text_are_an_error_or_short(text: str) -> None:
    with suppress(MergeFieldError):
        assert len(render_field("{{ n | times: 2 }}", {"n": text})) < 100
