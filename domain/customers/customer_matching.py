"""Finding one customer in posted bodies, in any spelling of their identifiers."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pydantic_core import from_json

from domain.customers import phones
from domain.customers.identity import email_hash, keyed_hash, normalize_email, user_id_hash

MIN_WORD_LENGTH = 6
"""A shorter id, such as `1`, is in every body: it counts only in the field `customer`."""

_NUMBER = re.compile(r"(?<!\d)[1-9]\d{5,14}(?!\d)")
"""E.164 numbers have at most 15 digits."""

_USER_ID = re.compile(r"(?<![\w.])[A-Za-z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}(?![\w.])")
"""As Meta documents business-scoped user ids: a country, perhaps `ENT`, letters and digits."""

_EMAIL = re.compile(r"[^\s\"'<>(),;:\[\]\\]{1,64}@[\w.-]{0,253}\w")
"""Of bounded length, so that no body makes the search slow."""

Identifiers = frozenset[str]
"""Ids, phone numbers and e-mail addresses of one customer; ids of Meta's for their messages."""


def identifiers_of(customer_id: str, bodies: Iterable[Any], region: str | None) -> Identifiers:
    """The identifiers of a customer in their events.

    Args:
        customer_id: theirs; of someone without an id a keyed hash.
        bodies: of their events, of which some may be erased.
        region: of phone numbers without a country code.
    """
    named = (name for body in bodies for name in _names(body, region))
    return frozenset({customer_id, *named})


def mentions_any(text: str, identifiers: Identifiers, region: str | None) -> bool:
    """Whether a body, valid or not, has one of the identifiers."""
    body, readable = _read(text)
    if not identifiers.isdisjoint(_names(body, region)):
        return True
    words = [re.escape(each.lstrip("+")) for each in identifiers if len(each) >= MIN_WORD_LENGTH]
    pattern = rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"
    return bool(words) and re.search(pattern, readable, re.IGNORECASE) is not None


def mentions_number(text: str, hash_key: str, hashes: Collection[str]) -> bool:
    """Whether a body has a phone number whose keyed hash is one of these.

    Args:
        text: the body.
        hash_key: of the store.
        hashes: of the customer's numbers in E.164 form; Meta writes them without the plus.
    """
    return any(
        keyed_hash(hash_key, address) in hashes
        for digits in set(_NUMBER.findall(text))
        for address in phones.addresses_of(digits)
    )


def mentions_user_id(text: str, hash_key: str, hashes: Collection[str]) -> bool:
    """Whether a body has a user id of Meta's whose keyed hash is one of these.

    Args:
        text: the body.
        hash_key: of the store.
        hashes: of the customer's user ids.
    """
    return any(user_id_hash(hash_key, each) in hashes for each in set(_USER_ID.findall(text)))


def mentions_email(text: str, hash_key: str, hashes: Collection[str]) -> bool:
    """Whether a body has an e-mail address whose keyed hash is one of these.

    Args:
        text: the body.
        hash_key: of the store.
        hashes: of the customer's e-mail addresses.
    """
    _, readable = _read(text)
    return any(email_hash(hash_key, each) in hashes for each in set(_EMAIL.findall(readable)))


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
    names = (known["customer_id"], known["phone"], address, normalize_email(known["email"]))
    yield from (name for name in names if name and name.strip())
