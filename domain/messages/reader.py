"""Who reads a message: in which language, and by which clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from liquid import RenderContext

DEFAULT_LANGUAGE = "en"
_READER: Final = object()
"""The key of the reader among a render's variables. No template can name it."""


@dataclass(frozen=True)
class Reader:
    """The reader of a message; money and dates are written for them."""

    language: str = DEFAULT_LANGUAGE
    """A language code of Meta's, such as `en`, `pt_BR` or `zh_HK`."""
    time_zone: str | None = None
    """An IANA zone; None leaves times in the zone that they were posted in."""

    @property
    def locale(self) -> Locale:
        """What is known of the language's forms, or of English where nothing is."""
        return _locale_of(self.language)

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone, if one is known."""
        return None if self.time_zone is None else ZoneInfo(self.time_zone)

    def variables(self) -> dict[object, object]:
        """The reader, as a variable of a render."""
        return {_READER: self}


ENGLISH: Final = Reader()


def reader_of(context: RenderContext) -> Reader:
    """The reader of what is being rendered."""
    variables: Mapping[Any, Any] = context.globals
    reader: Reader = variables[_READER]
    return reader


@lru_cache(maxsize=256)
def _locale_of(language: str) -> Locale:
    codes = (language, language.partition("_")[0], DEFAULT_LANGUAGE)
    return next(locale for code in codes if (locale := _known(code)) is not None)


def _known(code: str) -> Locale | None:
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return None
