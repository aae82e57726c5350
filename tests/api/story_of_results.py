"""One week of a store, by hand: its messages, and what is posted.

`tables_of_results` says what it comes to.

Times are of March 2026 in the store's zone, such as `2 20:00`. The week is the 2nd to the 8th.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from storage.messages import MessageStatus

INDIA: Final = ZoneInfo("Asia/Kolkata")
WEEK: Final = {"from": "2026-03-02T00:00:00+05:30", "to": "2026-03-09T00:00:00+05:30"}
CONFIG: Final[dict[str, Any]] = {
    "message_costs": {"currency": "INR", "rates": {"marketing": {"IN": 0.88}}},
    "max_event_age": "3650d",
}
PHONES: Final = {
    "asha": "+919876500001",
    "bina": "+919876500002",
    "chand": "+919876500003",
    "dev": "+919876500004",
    "esha": "+919876500005",
    "farid": "+919876500006",
    "gita": "+12125550107",
}


def at(written: str, month: int = 3) -> datetime:
    """The time of `2 20:00`."""
    day, _, clock = written.partition(" ")
    hour, minute = clock.split(":")
    return datetime(2026, month, int(day), int(hour), int(minute), tzinfo=INDIA)


@dataclass(frozen=True)
class Sent:
    """A message of the ledger, as it was claimed, and the word of its delivery."""

    name: str
    who: str
    claimed: str
    status: MessageStatus = MessageStatus.ACCEPTED
    delivered: str | None = None
    read: bool = False
    kind: str = "cart_update"
    step: int = 1
    fallback: int = 0
    template: str | None = "cart_reminder"
    variant: str | None = None
    channel: str = "whatsapp"


FAILED, WITHHELD = MessageStatus.FAILED, MessageStatus.WITHHELD
VIEW: Final[dict[str, Any]] = {"kind": "product_view", "template": "still_looking"}
MESSAGES: Final = (
    Sent("m1", "asha", "2 10:00", delivered="2 10:05", read=True, variant="a"),
    Sent("m2", "asha", "3 10:00", delivered="3 10:01", step=2, template="last", variant="a"),
    Sent("m3", "bina", "2 11:00", FAILED, variant="b"),
    Sent("m4", "chand", "2 12:00", **VIEW),
    Sent("m5", "dev", "2 13:00", FAILED, variant="a"),
    Sent("m6", "dev", "2 13:01", fallback=1, template=None, channel="sms", variant="a"),
    Sent("m7", "esha", "2 23:00", delivered="3 00:30", variant="b"),
    Sent("m8", "farid", "2 14:00", WITHHELD, variant="a"),
    Sent("m9", "gita", "2 12:30", delivered="2 12:31", read=True, **VIEW),
)
JOURNEYS: Final = (
    *(("asha", "cart_update", "3 10:02"), ("bina", "cart_update", "2 11:01")),
    *(("farid", "cart_update", "2 14:01"), ("chand", "product_view", "2 12:01")),
)


@dataclass(frozen=True)
class Posted:
    """An event about an order, or with a link."""

    name: str
    who: dict[str, str]
    when: str
    event: str = "order_placed"
    month: int = 3
    token: str | None = None
    data: dict[str, Any] | None = None


def order(name: str, who: str, when: str, amount: float, **more: Any) -> Posted:
    """An order of somebody who is known."""
    price = {"amount": amount, "currency": more.pop("currency", "INR")}
    data = {"order_id": name, "price": price}
    return Posted(name, {"customer_id": who}, when, data=data, **more)


def change(kind: str, name: str, when: str, who: str = "asha", **price: Any) -> Posted:
    """A refund or a cancellation."""
    data = {"order_id": name, **({"price": price} if price else {})}
    return Posted(f"{name}-{kind}", {"customer_id": who}, when, f"order_{kind}", data=data)


GUEST: Final = {"phone": "98765 00005"}
BY_EMAIL: Final = {"customer_id": "another", "email": "Esha@example.com"}
POSTED: Final = (
    order("early", "asha", "2 09:00", 1000),
    order("twice", "asha", "2 20:00", 700),
    order("twice", "asha", "2 20:10", 500),
    order("clicked", "asha", "4 12:00", 300, token="m1"),
    change("refunded", "clicked", "5 12:00", amount=100, currency="INR"),
    order("after failure", "bina", "2 15:00", 400),
    order("unconfirmed", "chand", "2 15:00", 250),
    order("by channel", "dev", "3 15:00", 800),
    Posted("guest", GUEST, "3 00:40", data={"order_id": "guest", "price": 20, "currency": "USD"}),
    Posted(
        "email", BY_EMAIL, "4 10:00", data={"order_id": "email", "price": 600, "currency": "INR"}
    ),
    change("refunded", "email", "4 18:00", "another"),
    order("cancelled", "esha", "5 10:00", 900),
    change("cancelled", "cancelled", "6 10:00", "esha"),
    Posted("no amount", {"customer_id": "gita"}, "2 18:00", data={"order_id": "no amount"}),
    Posted(
        "no id", {"customer_id": "stranger"}, "3 12:00", data={"price": 5000, "currency": "INR"}
    ),
    order("euros", "gita", "3 13:00", 50, currency="EUR"),
    change("refunded", "euros", "4 13:00", "gita", amount=10, currency="USD"),
    order("friend", "hari", "4 11:00", 150, token="m2"),
    order("too late", "asha", "6 10:02", 111),
    order("before", "bina", "27 10:00", 70, month=2),
    change("refunded", "before", "2 10:00", "bina", amount=70, currency="INR"),
    order("after", "asha", "9 00:00", 7),
    Posted("look", {"customer_id": "gita"}, "2 19:00", "product_view", token="m9"),
)
