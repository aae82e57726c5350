"""A plan's step and the trigger's event make a message: every field in its place, or none sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.liquid import MergeFieldError, render_field
from domain.stores import Carousel, Step

MOST_CARDS = 10
MOST_COUPON_CHARACTERS = 20

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


def merge_fields(body: Fields, store_name: str) -> dict[str, Any]:
    """The namespaces of merge fields, from an event's stored body."""
    return {
        "customer": body.get("customer") or {},
        "event": body,
        "event_data": body.get("event_data") or {},
        "store": {"name": store_name},
    }


def render(step: Step, fields: Fields) -> RenderedMessage:
    """Write the message of a step.

    Raises:
        MergeFieldError: something would be empty, or not what Meta takes.
    """
    return RenderedMessage(
        template=step.template,
        language=step.language,
        body=_body(step.body, fields),
        header_image=_link(step.header_image, fields),
        button_url=_optional(step.button_url, fields),
        coupon_code=_coupon(step.coupon_code, fields),
        cards=_cards(step.carousel, fields),
    )


def _body(body: list[str] | dict[str, str], fields: Fields) -> list[str] | dict[str, str]:
    if isinstance(body, dict):
        return {name: render_field(source, fields) for name, source in body.items()}
    return [render_field(source, fields) for source in body]


def _optional(source: str | None, fields: Fields) -> str | None:
    return None if source is None else render_field(source, fields)


def _link(source: str | None, fields: Fields) -> str | None:
    link = _optional(source, fields)
    if link is not None and not link.startswith(("https://", "http://")):
        raise MergeFieldError(str(source))
    return link


def _coupon(source: str | None, fields: Fields) -> str | None:
    code = _optional(source, fields)
    if code is None:
        return None
    if len(code) > MOST_COUPON_CHARACTERS or not (code.isascii() and code.isalnum()):
        raise MergeFieldError(str(source))
    return code


def _cards(carousel: Carousel | None, fields: Fields) -> list[Card]:
    if carousel is None:
        return []
    items = _items(carousel.items, fields)[: carousel.cards or MOST_CARDS]
    if len(items) < (carousel.cards or 1):
        raise MergeFieldError(carousel.items)
    return [_card(carousel, {**fields, "item": item}) for item in items]


def _items(path: str, fields: Fields) -> Sequence[Any]:
    found: Any = fields
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, list) else []


def _card(carousel: Carousel, fields: Fields) -> Card:
    return Card(
        header_image=str(_link(carousel.header_image, fields)),
        body=[render_field(source, fields) for source in carousel.body],
        button_url=_optional(carousel.button_url, fields),
    )
