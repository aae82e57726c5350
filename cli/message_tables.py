"""Tables that show how the customer reads a message."""

from collections.abc import Iterator, Mapping

from rich.table import Table
from rich.text import Text

from domain.messages.rendering import Card, RenderedMessage


def template_table(message: RenderedMessage, address: str | None) -> Table:
    """The parts of a template message, in Meta's order."""
    table = Table("part", "reads", title=f"{message.template} ({message.language})")
    for part, text in _parts(message, address):
        table.add_row(Text(part), Text(text))
    return table


def channel_table(channel: str, fields: Mapping[str, str]) -> Table:
    """The fields that a channel gets."""
    table = Table("field", "reads", title=f"channel {channel}")
    for name, text in fields.items():
        table.add_row(Text(name), Text(text))
    return table


def _parts(message: RenderedMessage, address: str | None) -> Iterator[tuple[str, str]]:
    yield "to", address or "no address"
    yield from _filled("header image", message.header_image)
    yield from _body_parts(message.body)
    yield from _filled("button ends in", message.button_url)
    yield from _filled("coupon code", message.coupon_code)
    for number, card in enumerate(message.cards, 1):
        for part, text in _card_parts(card):
            yield f"card {number}: {part}", text


def _card_parts(card: Card) -> Iterator[tuple[str, str]]:
    yield "header image", card.header_image
    yield from _body_parts(card.body)
    yield from _filled("button ends in", card.button_url)


def _filled(part: str, text: str | None) -> Iterator[tuple[str, str]]:
    if text is not None:
        yield part, text


def _body_parts(body: list[str] | dict[str, str]) -> Iterator[tuple[str, str]]:
    """Parameters as Meta's template has them: by name, or counted from 1."""
    named = body.items() if isinstance(body, dict) else enumerate(body, 1)
    for name, text in named:
        yield f"body {{{{{name}}}}}", text
