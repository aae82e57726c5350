"""A customer's id: the partner's, or a keyed hash of phone or e-mail."""

import hashlib
import hmac
import re
import unicodedata

ANONYMOUS_PREFIX = "anon-"
_ANONYMOUS = re.compile(ANONYMOUS_PREFIX + "[0-9a-f]{32}")


def keyed_hash(key: str, value: str) -> str:
    """A hash of personal data. Without the store's key it cannot be searched."""
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()[:32]


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


def customer_key(
    hash_key: str, customer_id: str | None, phone: str | None, email: str | None
) -> str:
    """The partner's id of the customer; without one, a keyed hash of phone or e-mail.

    Workflow ids and search attributes are never encrypted: no phone or e-mail may stand there.
    """
    if customer_id:
        return customer_id
    contact = phone or normalize_email(email or "")
    return ANONYMOUS_PREFIX + keyed_hash(hash_key, contact)


def is_anonymous(customer_id: str) -> bool:
    """Whether the id is a keyed hash, which the partner does not know."""
    return _ANONYMOUS.fullmatch(customer_id) is not None
