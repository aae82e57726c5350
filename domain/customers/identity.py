"""A customer's id: the partner's, or a keyed hash of phone or e-mail."""

import hashlib
import hmac
import re

ANONYMOUS_PREFIX = "anon-"
_ANONYMOUS = re.compile(ANONYMOUS_PREFIX + "[0-9a-f]{32}")


def keyed_hash(key: str, value: str) -> str:
    """A hash of personal data. Without the store's key it cannot be searched."""
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()[:32]


def customer_key(
    hash_key: str, customer_id: str | None, phone: str | None, email: str | None
) -> str:
    """The partner's id of the customer; without one, a keyed hash of phone or e-mail.

    Workflow ids and search attributes are never encrypted: no phone or e-mail may stand there.
    """
    if customer_id:
        return customer_id
    contact = phone or (email or "").strip().lower()
    return ANONYMOUS_PREFIX + keyed_hash(hash_key, contact)


def is_anonymous(customer_id: str) -> bool:
    """Whether the id is a keyed hash, which the partner does not know."""
    return _ANONYMOUS.fullmatch(customer_id) is not None
