import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.blank import is_blank


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r\n\x0b\x0c",
        "\u00a0\u2007\u202f\u3000\u1680",  # spaces that do not break, or are wide
        "\u200b\u200c\u200d\u2060\ufeff",  # zero width
        "\u00ad\u200e\u200f\u202a\u2066",  # soft hyphen, directions
        "\u2028\u2029",  # separators
        "\u2800",  # Braille blank
        "\u115f\u1160\u3164\uffa0",  # Hangul fillers
        "\u034f\u180b\u180e\u17b4\u2065\ufe0f",
        "\x00\x1b\x7f",
        "\U000e0001\U000e0061\U000e0100\U0001d159",
    ],
)
def test_text_without_anything_to_see_is_blank(text: str) -> None:
    assert is_blank(text)
    assert all(map(is_blank, text))


@pytest.mark.parametrize(
    "text",
    [
        "-",
        "0",
        "\u200bA",
        " \u0301",
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "한",
        "⠁",
        "क\u094d\u200dष",
        "\U0001fae9",
    ],
)
def test_text_with_something_to_see_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@given(st.text(max_size=5))
def test_whitespace_alone_is_always_blank(text: str) -> None:
    assert is_blank(text) or text.strip()
