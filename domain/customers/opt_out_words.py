"""Opt-out words: what a customer writes or presses to end the messages of a store."""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import AfterValidator, Field

DEFAULT_WORDS: Final = ("STOP", "UNSUBSCRIBE")
"""For every store. Meta does not turn them into an opt-out; the sender has to."""


def _not_blank(word: str) -> str:
    if not _normalized(word):
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
    ending = {_normalized(word) for word in (*DEFAULT_WORDS, *words)}
    return any(_normalized(each) in ending for each in said)


def _normalized(text: str) -> str:
    """Without case, width, further blanks, and punctuation before or behind."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    start, end = 0, len(folded)
    while start < end and _is_punctuation(folded[start]):
        start += 1
    while start < end and _is_punctuation(folded[end - 1]):
        end -= 1
    return folded[start:end]


def _is_punctuation(character: str) -> bool:
    return character.isspace() or unicodedata.category(character).startswith("P")
