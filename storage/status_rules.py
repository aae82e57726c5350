"""What statuses make of a ledger row, in any order and repeated.

The status of the highest rank stands. A failure outranks accepted and sent, but not delivered or
read: then the customer has the message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from storage.messages import MessageStatus

RANK: Final = {
    MessageStatus.CLAIMED: 0,
    MessageStatus.UNKNOWN: 0,
    MessageStatus.NOT_SENT: 0,
    MessageStatus.WITHHELD: 0,
    MessageStatus.ACCEPTED: 1,
    MessageStatus.SENT: 2,
    MessageStatus.FAILED: 3,
    MessageStatus.DELIVERED: 4,
    MessageStatus.READ: 5,
}

_Times = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Recipient:
    """By which keyed hashes Meta knows the person who got a message."""

    wa_id_hash: str | None = None
    user_id_hash: str | None = None


@dataclass(frozen=True)
class Price:
    """What Meta says about the price of a message; None: nothing."""

    billable: bool | None = None
    price_model: str | None = None
    price_category: str | None = None
    price_type: str | None = None


@dataclass(frozen=True)
class StatusUpdate:
    """One status of one message."""

    message_id: str | None
    """Ours, as Meta echoes it; None when it echoes nothing of ours."""
    provider_id: str
    store_ids: frozenset[str]
    """The stores of the number that it was sent from; messages of other stores do not match."""
    status: MessageStatus
    because: str | None = None
    error_code: int | None = None
    recipients: Mapping[str, Recipient] = field(default_factory=dict)
    """By store, since each has a key of its own."""
    price: Price | None = None
    at: datetime | None = None
    """When it came to be, by Meta's clock."""


@dataclass(frozen=True)
class Entry:
    """A ledger row: what identifies it, and what statuses change."""

    message_id: str
    store_id: str
    address_hash: str
    status: MessageStatus
    provider_id: str | None
    because: str | None
    error_code: int | None
    claimed_at: datetime
    sent_at: datetime | None
    wa_id_hash: str | None = None
    user_id_hash: str | None = None
    billable: bool | None = None
    price_model: str | None = None
    price_category: str | None = None
    price_type: str | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None

    @property
    def price(self) -> Price:
        """What is known of its price."""
        return Price(**{name: getattr(self, name) for name in Price.__dataclass_fields__})


def with_status(entry: Entry, update: StatusUpdate) -> Entry:
    """The entry with a status applied. Any status proves that the message was sent."""
    recipient = update.recipients.get(entry.store_id, Recipient())
    delivered_at, read_at = _times_after(entry, update)
    sent = replace(
        entry,
        provider_id=entry.provider_id or update.provider_id,
        sent_at=entry.sent_at or entry.claimed_at,
        wa_id_hash=entry.wa_id_hash or recipient.wa_id_hash,
        user_id_hash=entry.user_id_hash or recipient.user_id_hash,
        **_price_after(entry, update).__dict__,
        delivered_at=delivered_at,
        read_at=read_at,
    )
    if RANK[update.status] <= RANK[entry.status]:
        return sent
    return replace(sent, status=update.status, because=update.because, error_code=update.error_code)


def _times_after(entry: Entry, update: StatusUpdate) -> _Times:
    """When it was delivered, and read, at the earliest; who read it had it delivered."""
    reached = RANK[update.status] >= RANK[MessageStatus.DELIVERED]
    read = update.status is MessageStatus.READ
    delivered_at = _earliest(entry.delivered_at, update.at if reached else None)
    return delivered_at, _earliest(entry.read_at, update.at if read else None)


def _earliest(*times: datetime | None) -> datetime | None:
    return min((each for each in times if each is not None), default=None)


def _price_after(entry: Entry, update: StatusUpdate) -> Price:
    """The price that the status of the highest rank names; a status without one changes nothing."""
    outranked = RANK[update.status] < RANK[entry.status] and entry.price != Price()
    return entry.price if update.price is None or outranked else update.price
