"""Whether a partner's `customer_id` is personal: an e-mail address or a phone number.

Plain digits are usual ids, such as Shopify's 13 digits, and many of them are valid numbers
somewhere. So only what is clear counts.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from domain.customers import phones

_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
_NUMBER = re.compile(r"[+(0-9][0-9 ().-]{5,}")


@dataclass(frozen=True)
class PersonalIds:
    """When a store's events had a personal `customer_id`."""

    first_seen_at: datetime
    last_seen_at: datetime
    """To within an hour."""


def is_personal(customer_id: str, phone: str | None, region: str | None) -> bool:
    """Whether an id is an e-mail address, a number with its plus, or the event's own number.

    Args:
        customer_id: the partner's.
        phone: as the same event has it.
        region: of numbers without a country code.
    """
    written = customer_id.strip()
    if _EMAIL.fullmatch(written):
        return True
    if not _NUMBER.fullmatch(written):
        return False
    if written.startswith("+"):
        return phones.to_e164(written, region) is not None
    own = phones.to_e164(phone, region)
    return own is not None and own in {f"+{_digits(written)}", phones.to_e164(written, region)}


def _digits(written: str) -> str:
    return "".join(each for each in written if each.isdigit()).removeprefix("00")
