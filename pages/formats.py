"""Filters of the templates: times, ages, numbers."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d$")
_ELEMENT: Final = Markup('<time datetime="{}" title="{}">{}</time>')


@pass_context
def moment(context: Context, at: datetime) -> Markup:
    """A time in the zone of the page, such as `30 Nov 2026, 20:26`."""
    local = at.astimezone(context["frame"].zone)
    return _ELEMENT.format(at.isoformat(), f"{local:%Y-%m-%d %H:%M:%S %Z}", _written(local))


def _written(local: datetime) -> str:
    return f"{local.day} {local:%b %Y, %H:%M}"


@pass_context
def ago(context: Context, at: datetime) -> Markup:
    """How long ago a time was, such as `3 min ago`; in full when it is pointed at."""
    frame = context["frame"]
    local = at.astimezone(frame.zone)
    return _ELEMENT.format(
        at.isoformat(), f"{local:%Y-%m-%d %H:%M:%S %Z}", f"{age(frame.now - at)} ago"
    )


def age(passed: timedelta) -> str:
    """A length of time in its largest unit, rounded down."""
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if passed >= unit:
            return f"{passed // unit} {name}"
    return f"{max(0, passed // timedelta(seconds=1))} s"


def number(value: float) -> str:
    """A number with thousands set apart."""
    return f"{value:,}"


def plural(value: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 store`, `2 stores`."""
    return f"{number(value)} {one if value == 1 else many or f'{one}s'}"


@pass_context
def evidence(context: Context, value: str) -> str:
    """A value of evidence: a time is written as elsewhere on the page, all else as it is."""
    if not _TIMESTAMP.match(value):
        return value
    return moment(context, datetime.fromisoformat(value))


def sentence(text: str) -> str:
    """The text with a capital first; names within it stay as they are."""
    return text[:1].upper() + text[1:]


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "moment": moment,
    "ago": ago,
    "number": number,
    "plural": plural,
    "evidence": evidence,
    "sentence": sentence,
}
