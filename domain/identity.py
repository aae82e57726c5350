"""Who a customer is to us, and what a journey is called. One builder for each identifier."""

import hashlib
import hmac
import re

ANONYMOUS_PREFIX = "anon-"
_ANONYMOUS = re.compile(ANONYMOUS_PREFIX + "[0-9a-f]{32}")


def journey_id(store_id: str, customer_id: str) -> str:
    """The Temporal workflow id: one open journey per store and customer."""
    return f"journey:{store_id}:{customer_id}"


def keyed_hash(key: str, value: str) -> str:
    """A name for personal data that cannot be turned back without the store's key."""
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()[:32]


def customer_key(
    hash_key: str, customer_id: str | None, phone: str | None, email: str | None
) -> str:
    """The customer's id, or, when the partner knows none, a keyed hash of phone or e-mail.

    Workflow ids and search attributes are never encrypted, so neither may stand there itself.
    """
    if customer_id:
        return customer_id
    contact = phone or (email or "").strip().lower()
    return ANONYMOUS_PREFIX + keyed_hash(hash_key, contact)


def is_anonymous(customer_id: str) -> bool:
    """Whether the id is a keyed hash that means nothing to the partner."""
    return _ANONYMOUS.fullmatch(customer_id) is not None
