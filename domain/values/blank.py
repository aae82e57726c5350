"""Blank text: nothing in it that a person can see."""

import unicodedata

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Controls, format characters (zero-width space and joiner, soft hyphen, BOM), every space."""

_INVISIBLE_CHARACTERS = frozenset(
    "\u034f"  # combining grapheme joiner
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers, which are letters
    "\u17b4\u17b5"  # Khmer inherent vowels
    "\u180b\u180c\u180d\u180f"  # Mongolian variation selectors
    "\u2065"  # reserved among the invisible operators
    "\u2800"  # Braille pattern without a dot
    "\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07"  # variation selectors
    "\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f"
    "\U0001d159"  # musical null notehead
)
"""Of other categories, and drawn as nothing."""

_PLANE_OF_TAGS = range(0xE0000, 0xE1000)
"""Tags and further variation selectors; Unicode reserves the rest for invisible characters."""


def is_blank(text: str) -> bool:
    """Whether a text is empty, or of whitespace and invisible characters only."""
    return all(_is_invisible(character) for character in text)


def _is_invisible(character: str) -> bool:
    return (
        character in _INVISIBLE_CHARACTERS
        or unicodedata.category(character) in _INVISIBLE_CATEGORIES
        or ord(character) in _PLANE_OF_TAGS
    )
