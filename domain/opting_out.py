"""Saying STOP: which words of a customer end the messages of a store."""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import AfterValidator, Field

WORDS: Final = ("STOP", "UNSUBSCRIBE")
"""In every store. Meta does not turn them into an opt-out; whoever sends has to."""


def _sayable(word: str) -> str:
    if not _heard(word):
        raise ValueError("has nothing but blanks and punctuation")
    return word


OptOutWord = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_sayable)]
"""A word, a phrase or the payload of a quick reply."""


def opts_out(said: Iterable[str], words: Iterable[str]) -> bool:
    """Whether anything said is, as a whole, a word that ends messages.

    Args:
        said: a text, or what a button that was pressed says and carries.
        words: the store's own, besides `WORDS`.
    """
    ending = {_heard(word) for word in (*WORDS, *words)}
    return any(_heard(each) in ending for each in said)


def _heard(text: str) -> str:
    """Without case, width, further blanks, and punctuation before or behind."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    start, end = 0, len(folded)
    while start < end and _silent(folded[start]):
        start += 1
    while start < end and _silent(folded[end - 1]):
        end -= 1
    return folded[start:end]


def _silent(character: str) -> bool:
    return character.isspace() or unicodedata.category(character).startswith("P")
