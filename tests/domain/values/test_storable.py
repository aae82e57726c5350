"""What a database can store of a posted body."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.storable import can_be_stored

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    "value",
    ["\0", "\ud800", ["a", "b\0"], {"a\udfff": 1}, math.nan, {"a": [math.inf]}, {"a": {"b": "\0"}}],
)
def test_nul_half_a_surrogate_pair_and_nan_cannot_be_stored(value: Any) -> None:
    assert not can_be_stored(value)


@pytest.mark.parametrize(
    "value", ["\\u0000", "NaN", "Infinity", {"-Infinity": "\\ud800"}, [None, True, 1.5, "नमस्ते 🛒"]]
)
def test_text_that_only_looks_so_can_be_stored(value: Any) -> None:
    assert can_be_stored(value)


@given(JSON)
def test_a_quick_look_finds_what_a_look_at_every_part_finds(value: Any) -> None:
    assert can_be_stored({"part": value}) is all(map(_storable, _parts(value)))


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [part for item in value.items() for each in item for part in _parts(each)]
    return [part for each in value for part in _parts(each)] if isinstance(value, list) else [value]


def _storable(part: Any) -> bool:
    if isinstance(part, str):
        return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in part)
    return not isinstance(part, float) or math.isfinite(part)
