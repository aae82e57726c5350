"""A plan's step and the trigger's event make a message: every field in its place, or none sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.liquid import MergeFieldError, render_field
from domain.template_checks import is_coupon_code
from domain.templates import Carousel, Template

MOST_CARDS = 10
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


class Hole(BaseModel):
    """What keeps a message from being sent."""

    model_config = ConfigDict(frozen=True)

    place: str
    """Where in the step: `body[0]`, `header_image`, `carousel[2].button_url`."""
    field: str
    because: str


class Draft(BaseModel):
    """A message as far as it can be written; where something is missing, it is marked so."""

    model_config = ConfigDict(frozen=True)

    message: RenderedMessage
    holes: list[Hole]
    """In the order of the message's parts; a message that has any is not to be sent."""


def merge_fields(body: Fields, store_name: str) -> dict[str, Any]:
    """The namespaces of merge fields, from an event's stored body."""
    return {
        "customer": body.get("customer") or {},
        "event": body,
        "event_data": body.get("event_data") or {},
        "store": {"name": store_name},
    }


def render(wanted: Template, fields: Fields) -> RenderedMessage:
    """Write the message of a template.

    Raises:
        MergeFieldError: something would be empty, or not what Meta takes.
    """
    written = draft(wanted, fields)
    if written.holes:
        raise MergeFieldError(*(hole.field for hole in written.holes))
    return written.message


def draft(wanted: Template, fields: Fields) -> Draft:
    """Write a message as far as it goes, and name everything that is missing."""
    writer = _Writer()
    message = RenderedMessage(
        template=wanted.template,
        language=wanted.language,
        body=_body(writer, wanted.body, fields),
        header_image=writer.link("header_image", wanted.header_image, fields),
        button_url=writer.optional("button_url", wanted.button_url, fields),
        coupon_code=writer.coupon("coupon_code", wanted.coupon_code, fields),
        cards=_cards(writer, wanted.carousel, fields),
    )
    return Draft(message=message, holes=writer.holes)


def render_fields(wanted: Mapping[str, str], fields: Fields) -> dict[str, str]:
    """Write what a channel gets.

    Raises:
        MergeFieldError: something would be empty.
    """
    written, holes = draft_fields(wanted, fields)
    if holes:
        raise MergeFieldError(*(hole.field for hole in holes))
    return written


def draft_fields(wanted: Mapping[str, str], fields: Fields) -> tuple[dict[str, str], list[Hole]]:
    """Write what a channel gets as far as it goes, and name everything that is missing."""
    writer = _Writer()
    written = {name: writer.text(f"fields[{name}]", text, fields) for name, text in wanted.items()}
    return written, writer.holes


class _Writer:
    """Renders the parts of one message, and remembers what they miss."""

    def __init__(self) -> None:
        self.holes: list[Hole] = []

    def text(self, place: str, source: str, fields: Fields) -> str:
        try:
            return render_field(source, fields)
        except MergeFieldError as error:
            for field in error.fields:
                self.miss(place, field, "is empty")
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
        known = len(self.holes)
        text = self.optional(place, source, fields)
        if text is None or len(self.holes) > known or is_right(text):
            return text
        self.miss(place, str(source), otherwise)
        return _marked(str(source))

    def miss(self, place: str, field: str, because: str) -> None:
        self.holes.append(Hole(place=place, field=field, because=because))


def _marked(*fields: str) -> str:
    return " ".join(f"⟨{field}⟩" for field in fields)


def _is_link(text: str) -> bool:
    return _LINK.fullmatch(text) is not None


def _body(
    writer: _Writer, body: list[str] | dict[str, str], fields: Fields
) -> list[str] | dict[str, str]:
    if isinstance(body, dict):
        return {name: writer.text(f"body[{name}]", source, fields) for name, source in body.items()}
    return _list("body", writer, body, fields)


def _list(place: str, writer: _Writer, sources: Sequence[str], fields: Fields) -> list[str]:
    return [
        writer.text(f"{place}[{number}]", source, fields) for number, source in enumerate(sources)
    ]


def _cards(writer: _Writer, carousel: Carousel | None, fields: Fields) -> list[Card]:
    if carousel is None:
        return []
    items = _items(carousel.items, fields)[: carousel.cards or MOST_CARDS]
    if len(items) < (wanted := carousel.cards or 1):
        because = f"has fewer than {wanted} items" if len(items) else "is empty"
        writer.miss("carousel.items", carousel.items, because)
    return [
        _card(f"carousel[{number}]", writer, carousel, {**fields, "item": item})
        for number, item in enumerate(items)
    ]


def _items(path: str, fields: Fields) -> Sequence[Any]:
    found: Any = fields
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, list) else []


def _card(place: str, writer: _Writer, carousel: Carousel, fields: Fields) -> Card:
    return Card(
        header_image=str(writer.link(f"{place}.header_image", carousel.header_image, fields)),
        body=_list(f"{place}.body", writer, carousel.body, fields),
        button_url=writer.optional(f"{place}.button_url", carousel.button_url, fields),
    )
