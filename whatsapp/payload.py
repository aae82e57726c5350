"""The body of Meta's `POST /{phone_number_id}/messages` for a template message.

From Meta's page "Send template messages" and Meta's OpenAPI, which requires the `language.policy`
that the page leaves out. What a message does not have is left out: an empty component is an error
at Meta.
"""

import re
from collections.abc import Iterator
from typing import Any

from domain.messages.rendering import Card, RenderedMessage

Component = dict[str, Any]
_NOT_A_DIGIT = re.compile(r"[^0-9]")


def template_payload(message: RenderedMessage, to: str, callback_data: str) -> dict[str, Any]:
    """The request body of a message.

    Args:
        message: what to send, with nothing left to fill in.
        to: the phone number; of `+91 98765 43210` only the digits are sent.
        callback_data: at most 512 characters that Meta repeats in every status of this message.
    """
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": _NOT_A_DIGIT.sub("", to),
        "type": "template",
        "biz_opaque_callback_data": callback_data,
        "template": _template(message),
    }


def _template(message: RenderedMessage) -> dict[str, Any]:
    language = {"policy": "deterministic", "code": message.language}
    template = {"name": message.template, "language": language}
    components = list(_components(message))
    return {**template, "components": components} if components else template


def _components(message: RenderedMessage) -> Iterator[Component]:
    if message.header_image is not None:
        yield _header(message.header_image)
    if message.body:
        yield _body(message.body)
    yield from _buttons(message.button_url, message.coupon_code)
    if message.cards:
        yield {
            "type": "carousel",
            "cards": [_card(index, card) for index, card in enumerate(message.cards)],
        }


def _card(index: int, card: Card) -> dict[str, Any]:
    components = [_header(card.header_image)]
    if card.body:
        components.append(_body(card.body))
    components.extend(_buttons(card.button_url, None))
    return {"card_index": index, "components": components}


def _header(link: str) -> Component:
    return {"type": "header", "parameters": [{"type": "image", "image": {"link": link}}]}


def _body(body: list[str] | dict[str, str]) -> Component:
    if isinstance(body, dict):
        named = [{**_text(text), "parameter_name": name} for name, text in body.items()]
        return {"type": "body", "parameters": named}
    return {"type": "body", "parameters": [_text(text) for text in body]}


def _buttons(url: str | None, coupon_code: str | None) -> list[Component]:
    """Buttons count from 0 in the order in which the template has them: the URL comes first."""
    parameters: list[tuple[str, dict[str, str]]] = []
    if url is not None:
        parameters.append(("url", _text(url)))
    if coupon_code is not None:
        parameters.append(("copy_code", {"type": "coupon_code", "coupon_code": coupon_code}))
    return [
        {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [parameter]}
        for index, (sub_type, parameter) in enumerate(parameters)
    ]


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
