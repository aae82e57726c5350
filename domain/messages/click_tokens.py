"""Click tokens: what tells in a URL that a customer came by a message.

A token stands for one message. It is a keyed hash, so it says nothing of the customer.
"""

import base64
import hmac
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from pydantic_core import to_json

from domain.messages.approved_templates import ApprovedTemplate, TemplateParts
from domain.messages.rendering import Card, RenderedMessage
from domain.messages.template_checks import MAX_URL_CHARACTERS

TOKEN_BYTES: Final = 10
"""Written as 16 characters: of a million messages no two have the same one."""

MAX_VALUES, MAX_DEPTH = 2_000, 8
"""Of an event, in which tokens are looked for."""

MAX_TOKENS: Final = 20
"""Of one event. A customer follows one link at a time."""

MAX_LINK: Final = 4_096
"""Characters. Longer texts are not looked through."""


def click_token(hash_key: str, *message_key: str) -> str:
    """The token of a message: letters and digits, the same each time.

    Args:
        hash_key: of the store.
        message_key: what identifies the message in the store.
    """
    named = "\x1f".join(("click", *message_key))
    digest = hmac.digest(hash_key.encode(), named.encode(), "sha256")
    return base64.b32encode(digest[:TOKEN_BYTES]).decode().lower()


def with_click_token(
    end_of_url: str, parameter: str, token: str, template_url: str | None = None
) -> str:
    """The end of a URL with a token in its query, before its fragment.

    Unchanged if it would be longer than a URL may be, and where it may be a value in the query of a
    template that is not known, such as `https://shop.example/r?id={{1}}`: it has no path or query.

    Args:
        end_of_url: what a message gives for its button.
        parameter: in which the token stands, such as `cb`.
        token: of the message.
        template_url: what stands before it in the template; None: that is not known.
    """
    before, mark, fragment = end_of_url.partition("#")
    if template_url is None and not {"/", "?"} & set(before):
        return end_of_url
    template_url = template_url or ""
    has_query = "?" in before or "?" in template_url.rpartition("#")[2]
    joint = "" if before.endswith(("?", "&")) else "&" if has_query else "?"
    link = f"{before}{joint}{parameter}={token}{mark}{fragment}"
    return link if len(template_url) + len(link) <= MAX_URL_CHARACTERS else end_of_url


def with_click_tokens(
    message: RenderedMessage, parameter: str, token: str, template: ApprovedTemplate | None = None
) -> RenderedMessage:
    """A message whose links have its token: of its button, and of its cards' buttons.

    Args:
        message: as rendered.
        parameter: in which the token stands.
        token: of the message.
        template: as Meta has it, if that is known.
    """
    parts = template.cards if template else ()
    cards = [
        _card(card, parameter, token, _link_of(parts[number] if number < len(parts) else None))
        for number, card in enumerate(message.cards)
    ]
    own = _link_of(template.parts if template else None)
    button_url = _optional(message.button_url, parameter, token, own)
    return message.model_copy(update={"button_url": button_url, "cards": cards})


def tokens_in(body: Mapping[str, Any], parameter: str) -> frozenset[str]:
    """The tokens in the URLs of an event's data, which can be stored.

    Most events have none, which a look at the written JSON tells sooner than a walk through it.
    """
    data, sought, pattern = body.get("event_data"), f"{parameter}=", _pattern(parameter)
    if sought.encode() not in to_json(data):
        return frozenset()
    links = (each for each in _texts(data) if sought in each)
    found = (token for link in links for token in pattern.findall(link))
    return frozenset(islice(found, MAX_TOKENS))


def token_in(link: str | None, parameter: str) -> str | None:
    """The first token in a URL."""
    found = _pattern(parameter).search(link or "")
    return None if found is None else found[1]


def _card(card: Card, parameter: str, token: str, template_url: str | None) -> Card:
    button_url = _optional(card.button_url, parameter, token, template_url)
    return card.model_copy(update={"button_url": button_url})


def _optional(link: str | None, parameter: str, token: str, template_url: str | None) -> str | None:
    return None if link is None else with_click_token(link, parameter, token, template_url)


def _link_of(parts: TemplateParts | None) -> str | None:
    """What stands before the variable end of the URL of a template's button."""
    return None if parts is None else parts.button_link or None


@lru_cache
def _pattern(parameter: str) -> re.Pattern[str]:
    length = TOKEN_BYTES * 8 // 5
    return re.compile(rf"[?&#;]{re.escape(parameter)}=([a-z2-7]{{{length}}})(?![A-Za-z0-9_-])")


def _texts(data: Any) -> Iterator[str]:
    """The texts of a part of an event, as far as they are looked through."""
    rest, seen = [(data, 0)], 0
    while rest and seen < MAX_VALUES:
        part, depth = rest.pop()
        seen += 1
        if isinstance(part, str):
            if len(part) <= MAX_LINK:
                yield part
        elif depth < MAX_DEPTH and isinstance(part, Mapping | list):
            inner = part.values() if isinstance(part, Mapping) else part
            rest += [(each, depth + 1) for each in inner]
