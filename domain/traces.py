"""Recognising one customer in what was posted, however they are written there."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic_core import from_json

from domain import phones

SHORTEST_WORD = 6
"""A shorter id, such as `1`, stands in every body; it counts only where a customer is named."""

Traces = frozenset[str]
"""Ids, phone numbers and e-mail addresses of one customer."""


def traces_of(customer_id: str, bodies: Iterable[Any], region: str | None) -> Traces:
    """All that a customer is known by.

    Args:
        customer_id: theirs; of someone without an id a keyed hash.
        bodies: of their events, of which some may be erased.
        region: of phone numbers without a country code.
    """
    named = (name for body in bodies for name in _names(body, region))
    return frozenset({customer_id, *named})


def is_about(text: str, traces: Traces, region: str | None) -> bool:
    """Whether a body, valid or not, is about the customer or mentions them."""
    body, readable = _read(text)
    if not traces.isdisjoint(_names(body, region)):
        return True
    words = [re.escape(each.lstrip("+")) for each in traces if len(each) >= SHORTEST_WORD]
    pattern = rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"
    return bool(words) and re.search(pattern, readable, re.IGNORECASE) is not None


def _read(text: str) -> tuple[Any, str]:
    """The JSON that a body is, if any, and its text without escapes."""
    try:
        body = from_json(text)
        return body, json.dumps(body, ensure_ascii=False)
    except ValueError:  # also: a number of more digits than Python writes out
        return None, text


def _names(body: Any, region: str | None) -> Iterator[str]:
    customer = body.get("customer") if isinstance(body, dict) else None
    if not isinstance(customer, dict):
        return
    known = {name: str(customer.get(name) or "") for name in ("customer_id", "phone", "email")}
    address = phones.to_e164(known["phone"], region)
    for name in (known["customer_id"], known["phone"], address, known["email"].strip().lower()):
        if name:
            yield name
