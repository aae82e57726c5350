"""The Liquid filter `date`: a time as the reader's language writes it, by the reader's clock."""

import re
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from babel import Locale
from babel.dates import format_date
from dateutil import parser
from liquid import RenderContext, is_undefined
from liquid.filter import with_context

from domain.messages.reader import reader_of

Length = Literal["short", "medium", "long", "full"]
LENGTHS: Final = frozenset[str](get_args(Length))
_NOW = frozenset({"now", "today"})
NOON = 12
_NAMES = re.compile("%[%aAbBhp]")


@with_context
def date(value: object, form: object = None, *, context: RenderContext) -> object:
    """`{{ event.timestamp | date }}` is 8 Oct 2024, in the words of the reader's language.

    A time with an offset is told by the reader's clock. What is no date stays as it is, as in
    plain Liquid.

    Args:
        value: a time in any usual form, seconds since 1970, or `now`.
        form: `short`, `medium` (the default), `long`, `full`, or a format of `strftime`.
        context: has the reader.
    """
    if value is None or is_undefined(value):
        return ""
    moment = _moment(value)
    if moment is None:
        return value
    reader = reader_of(context)
    told = moment if moment.tzinfo is None else moment.astimezone(reader.zone or moment.tzinfo)
    return _written(told, form, reader.locale)


def _moment(value: object) -> datetime | None:
    """None for what is no date."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            return datetime.now(UTC) if value in _NOW else parser.parse(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _written(moment: datetime, form: object, locale: Locale) -> str:
    if form is None or is_undefined(form) or form in LENGTHS:
        length = form if isinstance(form, str) else "medium"
        return format_date(moment, length, locale)
    return moment.strftime(_NAMES.sub(lambda found: _name(found[0], moment, locale), str(form)))


def _name(directive: str, moment: datetime, locale: Locale) -> str:
    """The name of a month, a day or a half of it; `strftime` knows only English ones."""
    width = "wide" if directive.isupper() else "abbreviated"
    match directive:
        case "%%":
            return directive
        case "%a" | "%A":
            name = locale.days["format"][width][moment.weekday()]
        case "%p":
            name = locale.day_periods["format"][width]["am" if moment.hour < NOON else "pm"]
        case _:
            name = locale.months["format"][width][moment.month]
    return str(name).replace("%", "%%")
