"""Rendering a message from a trigger's event. A message with an empty field is not sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.messages.liquid import IS_EMPTY, MergeFieldError, render_field
from domain.messages.reader import ENGLISH, Reader
from domain.messages.template_checks import is_coupon_code
from domain.messages.templates import Carousel, TemplateMessage

MAX_CARDS = 10
_LINK = re.compile(r"https?://[^\s/]+(/\S*)?")

Fields = Mapping[str, Any]
"""What merge fields see: `customer`, `event`, `event_data`, `store`."""


class Card(BaseModel):
    """One card of a carousel, ready to be sent."""

    model_config = ConfigDict(frozen=True)

    header_image: str
    body: list[str] = []
    button_url: str | None = None


class RenderedMessage(BaseModel):
    """A template message with nothing left to fill in."""

    model_config = ConfigDict(frozen=True)

    template: str
    language: str
    body: list[str] | dict[str, str] = []
    header_image: str | None = None
    button_url: str | None = None
    coupon_code: str | None = None
    cards: list[Card] = []


class MissingField(BaseModel):
    """A field that keeps a message from being sent."""

    model_config = ConfigDict(frozen=True)

    place: str
    """Where in the step: `body[0]`, `header_image`, `carousel[2].button_url`."""
    field: str
    because: str


class Draft(BaseModel):
    """A message as far as it can be rendered; a missing field is marked in it."""

    model_config = ConfigDict(frozen=True)

    message: RenderedMessage
    missing: list[MissingField]
    """In the order of the message's parts. A message with any must not be sent."""


def merge_fields(body: Fields, store_name: str) -> dict[str, Any]:
    """The namespaces of merge fields, from an event's stored body."""
    return {
        "customer": body.get("customer") or {},
        "event": body,
        "event_data": body.get("event_data") or {},
        "store": {"name": store_name},
    }


def render(
    wanted: TemplateMessage, fields: Fields, time_zone: str | None = None
) -> RenderedMessage:
    """Render the message of a template, in its language.

    Args:
        wanted: the message.
        fields: what merge fields see.
        time_zone: the customer's, or the store's.

    Raises:
        MergeFieldError: something would be empty, or not what Meta takes.
    """
    written = draft(wanted, fields, time_zone)
    _require_all(written.missing)
    return written.message


def draft(wanted: TemplateMessage, fields: Fields, time_zone: str | None = None) -> Draft:
    """Render a message as far as possible, and name every missing field."""
    renderer = _Renderer(Reader(wanted.language, time_zone))
    message = RenderedMessage(
        template=wanted.template,
        language=wanted.language,
        body=_body(renderer, wanted.body, fields),
        header_image=renderer.link("header_image", wanted.header_image, fields),
        button_url=renderer.optional("button_url", wanted.button_url, fields),
        coupon_code=renderer.coupon("coupon_code", wanted.coupon_code, fields),
        cards=_cards(renderer, wanted.carousel, fields),
    )
    return Draft(message=message, missing=renderer.missing)


def render_fields(
    wanted: Mapping[str, str], fields: Fields, reader: Reader = ENGLISH
) -> dict[str, str]:
    """Render what a channel gets.

    Raises:
        MergeFieldError: something would be empty.
    """
    written, missing = draft_fields(wanted, fields, reader)
    _require_all(missing)
    return written


def draft_fields(
    wanted: Mapping[str, str], fields: Fields, reader: Reader = ENGLISH
) -> tuple[dict[str, str], list[MissingField]]:
    """Render a channel's fields as far as possible, and name every missing one."""
    renderer = _Renderer(reader)
    written = {
        name: renderer.text(f"fields[{name}]", text, fields) for name, text in wanted.items()
    }
    return written, renderer.missing


def _require_all(missing: list[MissingField]) -> None:
    if missing:
        raise MergeFieldError({each.field: each.because for each in missing})


class _Renderer:
    """Renders the parts of one message, and notes missing fields."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.missing: list[MissingField] = []

    def text(self, place: str, source: str, fields: Fields) -> str:
        try:
            return render_field(source, fields, self._reader)
        except MergeFieldError as error:
            for field, because in error.problems.items():
                self.note_missing(place, field, because)
            return _marked(*error.fields)

    def optional(self, place: str, source: str | None, fields: Fields) -> str | None:
        return None if source is None else self.text(place, source, fields)

    def link(self, place: str, source: str | None, fields: Fields) -> str | None:
        return self._checked(place, source, fields, _is_link, "is not an http(s) URL")

    def coupon(self, place: str, source: str | None, fields: Fields) -> str | None:
        return self._checked(place, source, fields, is_coupon_code, "is not a coupon code")

    def _checked(
        self,
        place: str,
        source: str | None,
        fields: Fields,
        is_right: Callable[[str], bool],
        otherwise: str,
    ) -> str | None:
        known = len(self.missing)
        text = self.optional(place, source, fields)
        if text is None or len(self.missing) > known or is_right(text):
            return text
        self.note_missing(place, str(source), otherwise)
        return _marked(str(source))

    def note_missing(self, place: str, field: str, because: str) -> None:
        self.missing.append(MissingField(place=place, field=field, because=because))


def _marked(*fields: str) -> str:
    return " ".join(f"⟨{field}⟩" for field in fields)


def _is_link(text: str) -> bool:
    return _LINK.fullmatch(text) is not None


def _body(
    renderer: _Renderer, body: list[str] | dict[str, str], fields: Fields
) -> list[str] | dict[str, str]:
    if isinstance(body, dict):
        return {
            name: renderer.text(f"body[{name}]", source, fields) for name, source in body.items()
        }
    return _list("body", renderer, body, fields)


def _list(place: str, renderer: _Renderer, sources: Sequence[str], fields: Fields) -> list[str]:
    return [
        renderer.text(f"{place}[{number}]", source, fields) for number, source in enumerate(sources)
    ]


def _cards(renderer: _Renderer, carousel: Carousel | None, fields: Fields) -> list[Card]:
    if carousel is None:
        return []
    items = _items(carousel.items, fields)[: carousel.cards or MAX_CARDS]
    _check_count(renderer, carousel, len(items))
    return [
        _card(f"carousel[{number}]", renderer, carousel, {**fields, "item": item})
        for number, item in enumerate(items)
    ]


def _check_count(renderer: _Renderer, carousel: Carousel, count: int) -> None:
    wanted = carousel.cards or 1
    if count < wanted:
        because = f"has fewer than {wanted} items" if count else IS_EMPTY
        renderer.note_missing("carousel.items", carousel.items, because)


def _items(path: str, fields: Fields) -> Sequence[Any]:
    found: Any = fields
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, list) else []


def _card(place: str, renderer: _Renderer, carousel: Carousel, fields: Fields) -> Card:
    return Card(
        header_image=str(renderer.link(f"{place}.header_image", carousel.header_image, fields)),
        body=_list(f"{place}.body", renderer, carousel.body, fields),
        button_url=renderer.optional(f"{place}.button_url", carousel.button_url, fields),
    )
