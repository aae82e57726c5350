"""What Meta says about the price of a message, in its statuses.

From Meta's page "Pricing on the WhatsApp Business Platform": `billable`, `pricing_model` (`PMP`,
per message), `category` (`marketing`, `utility`, `marketing_lite` …) and `type` (`regular`,
`free_customer_service`, `free_entry_point`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from whatsapp.identifiers import PLAIN

_MAX_CHARACTERS: Final = 64


@dataclass(frozen=True)
class Pricing:
    """The price of a message; None: not said."""

    billable: bool | None
    price_model: str | None
    price_category: str | None
    price_type: str | None


def pricing_of(item: Any) -> Pricing | None:
    """The pricing in a status; None when it has none, or something else in its place."""
    said = item.get("pricing") if isinstance(item, Mapping) else None
    if not isinstance(said, Mapping):
        return None
    billable = said.get("billable")
    return Pricing(
        billable=billable if isinstance(billable, bool) else None,
        price_model=_word(said.get("pricing_model")),
        price_category=_word(said.get("category")),
        price_type=_word(said.get("type")),
    )


def _word(value: Any) -> str | None:
    known = isinstance(value, str) and len(value) <= _MAX_CHARACTERS and PLAIN.fullmatch(value)
    return value if known else None
