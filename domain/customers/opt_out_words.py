"""Opt-out words: what a customer writes or presses to end the messages of a store."""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from domain.customers.opt_out_buttons import BUTTON_LABELS

DEFAULT_WORDS: Final = ("STOP", "UNSUBSCRIBE", *BUTTON_LABELS)
"""For every store. Meta does not turn them into an opt-out; the sender has to."""

_NOT_READ: Final = frozenset("PSZC")
"""Classes of characters that are no part of a word: punctuation, symbols and emoji, blanks, and
invisible ones, such as marks of the direction of writing."""

_OUTER: Final = frozenset("PZ")
"""Of these, what surrounds words: punctuation and blanks."""

_ACCENT: Final = 200
"""Combining classes from here on are accents above and below letters. Vowel signs of Indian scripts
and the voicing marks of Japanese have lower ones: they make another word."""

_ARABIC_POINTS: Final = range(27, 36)
_VARIATION_SELECTORS: Final = range(0xFE00, 0xFE10)
"""They say whether a character is shown as an emoji."""


def _not_blank(word: str) -> str:
    if not _without_outer(" ".join(word.split()), _OUTER):
        raise ValueError("has nothing but blanks and punctuation")
    return word


OptOutWord = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_not_blank)]
"""A word, a phrase or the payload of a quick reply."""


def is_opt_out(said: Iterable[str], words: Iterable[str]) -> bool:
    """Whether anything that was said is, as a whole, an opt-out word.

    Args:
        said: a text, or what a button that was pressed says and carries.
        words: the store's own, besides `DEFAULT_WORDS`.
    """
    heard = {normalize_words(each) for each in said} - {""}
    return not heard.isdisjoint(_DEFAULTS) or any(normalize_words(word) in heard for word in words)


def normalize_words(text: str) -> str:
    """Without case, width, accents, further blanks, invisible characters, and what surrounds words.

    A text of symbols alone, such as an emoji, stays: a store may have it as a word.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    letters = "".join(each for each in decomposed if not _is_unread(each))
    plain = " ".join(unicodedata.normalize("NFKC", letters).split())
    return _without_outer(plain, _NOT_READ) or _without_outer(plain, _OUTER)


def _is_unread(character: str) -> bool:
    """Whether it is an accent, or cannot be seen."""
    combining = unicodedata.combining(character)
    return (
        combining >= _ACCENT
        or combining in _ARABIC_POINTS
        or ord(character) in _VARIATION_SELECTORS
        or unicodedata.category(character) == "Cf"
    )


def _without_outer(text: str, classes: frozenset[str]) -> str:
    start, end = 0, len(text)
    while start < end and _class_of(text[start]) in classes:
        start += 1
    while start < end and _class_of(text[end - 1]) in classes:
        end -= 1
    return text[start:end]


def _class_of(character: str) -> str:
    return unicodedata.category(character)[0]


_DEFAULTS: Final = frozenset(normalize_words(word) for word in DEFAULT_WORDS)
