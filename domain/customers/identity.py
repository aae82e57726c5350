"""A customer's id: the partner's, or a keyed hash of phone or e-mail."""

import hmac
import re
import unicodedata
from typing import Final

from domain.customers.number_forms import forms_of

ANONYMOUS_PREFIX = "anon-"
HASHED_PREFIX = "cust-"
_ANONYMOUS = re.compile(ANONYMOUS_PREFIX + "[0-9a-f]{32}")
_HASHED = re.compile(HASHED_PREFIX + "[0-9a-f]{32}")


def keyed_hash(key: str, value: str) -> str:
    """A hash of personal data. Without the store's key it cannot be searched."""
    return hmac.digest(key.encode(), value.encode(), "sha256").hex()[:32]


_USER_ID_PREFIX: Final = "user:"


def number_hashes(hash_key: str, address: str) -> frozenset[str]:
    """The keyed hashes of every form of an E.164 number."""
    return frozenset(keyed_hash(hash_key, form) for form in forms_of(address))


def user_id_hash(hash_key: str, user_id: str) -> str:
    """The keyed hash of a business-scoped user id of Meta's, such as `IN.1234567890`.

    The prefix, inside the hash and before it, sets it apart from the hash of any number.
    """
    return _USER_ID_PREFIX + keyed_hash(hash_key, _USER_ID_PREFIX + user_id)


def is_user_id_hash(identity_hash: str) -> bool:
    """Whether it is the hash of a user id, and not of a number."""
    return identity_hash.startswith(_USER_ID_PREFIX)


def normalize_email(email: str) -> str:
    """An e-mail address as it is compared: without outer blanks, in lower case.

    Invisible characters, which come along when an address is copied, are no part of it.
    """
    visible = "".join(each for each in email if unicodedata.category(each) != "Cf")
    return visible.strip().lower()


def email_hash(hash_key: str, email: str | None) -> str | None:
    """The keyed hash of an e-mail address; None where a shop wrote something else, such as `-`."""
    address = normalize_email(email or "")
    return keyed_hash(hash_key, address) if "@" in address else None


def hashed_customer_id(hash_key: str, customer_id: str) -> str:
    """The keyed hash that stands for a partner's id where a store has hashed ids.

    A number or an e-mail address has another hash as an id than as a contact.
    """
    return HASHED_PREFIX + keyed_hash(hash_key, f"customer_id:{customer_id}")


def customer_key(
    hash_key: str,
    customer_id: str | None,
    phone: str | None,
    email: str | None,
    *,
    hashed: bool = False,
) -> str:
    """The key of a customer: the partner's id; without one, a keyed hash of phone or e-mail.

    Workflow ids and search attributes are never encrypted: no phone or e-mail may stand there.

    Args:
        hash_key: of the store.
        customer_id: the partner's.
        phone: in E.164 form, if it is valid.
        email: as posted.
        hashed: whether the store has hashed ids, so that the partner's does not stand there either.
    """
    if customer_id:
        return hashed_customer_id(hash_key, customer_id) if hashed else customer_id
    contact = phone or normalize_email(email or "")
    return ANONYMOUS_PREFIX + keyed_hash(hash_key, contact)


def keys_of(hash_key: str, customer_id: str, *, hashed: bool) -> tuple[str, str]:
    """The keys that a customer may have, likeliest first: stores change between the two kinds.

    Args:
        hash_key: of the store.
        customer_id: the partner's id, or a key itself.
        hashed: whether the store has hashed ids now.
    """
    by_hash = hashed_customer_id(hash_key, customer_id)
    if hashed and not (is_anonymous(customer_id) or _is_hashed(customer_id)):
        return by_hash, customer_id
    return customer_id, by_hash


def partner_id(hash_key: str, key: str, posted: str | None) -> str | None:
    """The id by which the partner knows the customer of a key; None: there is none any more.

    Args:
        hash_key: of the store.
        key: as `customer_key` made it.
        posted: the `customer_id` of one of the customer's events; None where there is none, such as
            after an erasure.
    """
    if posted is not None and key == hashed_customer_id(hash_key, posted):
        return posted
    is_key = is_anonymous(key) or _is_hashed(key)
    return None if is_key and key != posted else key


def is_anonymous(customer_id: str) -> bool:
    """Whether the id is a keyed hash, which the partner does not know."""
    return _ANONYMOUS.fullmatch(customer_id) is not None


def _is_hashed(customer_id: str) -> bool:
    return _HASHED.fullmatch(customer_id) is not None
