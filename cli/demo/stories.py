"""The demo's customers: what each does, and how the journey has to end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.outcomes import Outcome, Reason

CART_LINK = "cart/3284672934"
CART_IMAGE = "https://sample.com/aa8ab4876d3d.jpg"
PRODUCT_IMAGE = "https://sample.com/test.jpg"
PRODUCT = "Denim Shirt - Blue"


@dataclass(frozen=True)
class Deed:
    """One event: which of the guide's samples it is made from, and how it differs."""

    sample: str
    told: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    pause: timedelta = timedelta(0)
    """How long after the one before it."""
    earlier: timedelta = timedelta(0)
    """How much older than its posting the event is: partners do not post in order."""
    only_the_partner_knows: bool = False
    """Never posted: the Exit API tells it when asked."""


NOT_ON_WHATSAPP = 131026
"""Meta's error code."""


@dataclass(frozen=True)
class Message:
    """What of a message differs from customer to customer."""

    template: str
    """Or the store's own channel."""
    texts: tuple[str, ...]
    image: str | None = None
    button: str | None = None

    def __str__(self) -> str:
        """On one line."""
        parts = [*self.texts, *filter(None, (self.image, self.button))]
        return f"{self.template}: {' | '.join(parts)}"


@dataclass(frozen=True)
class Story:
    """One customer of the store."""

    customer_id: str
    name: str
    phone: str
    deeds: tuple[Deed, ...]
    outcome: Outcome
    reason: Reason
    messages: tuple[Message, ...] = ()
    meta_refuses: int | None = None
    """With which of its error codes."""


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def _cart_messages(name: str, price: str = "600 INR") -> tuple[Message, ...]:
    return (
        Message("cart_reminder", (name, price), CART_IMAGE, CART_LINK),
        Message("cart_last_call", (name,)),
    )


def _looked(title: str, earlier: float) -> Deed:
    return Deed(
        "product_view",
        f"looked at {title}",
        changes={"event_data": {"title": title}},
        earlier=_seconds(earlier),
    )


STORIES = (
    Story(
        "cust-asha",
        "Asha",
        "+919876543201",
        (Deed("cart_update.add_to_cart", "added to the cart"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        _cart_messages("Asha"),
    ),
    Story(
        "cust-bela",
        "Bela",
        "+919876543202",
        (Deed("cart_update.remove_from_cart", "took one thing out of the cart"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        _cart_messages("Bela"),
    ),
    Story(
        "cust-chitra",
        "Chitra",
        "+919876543203",
        (
            Deed("product_view", "looked at a product"),
            Deed(
                "product_view",
                "looked again; only the Exit API knows",
                earlier=-_seconds(1),
                only_the_partner_knows=True,
            ),
        ),
        Outcome.EXITED,
        Reason.CONSECUTIVE_EVENT,
    ),
    Story(
        "cust-dinesh",
        "Dinesh",
        "+919876543204",
        (Deed("collection_view", "looked at a collection"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        (Message("new_in_collection", ("Dinesh", PRODUCT)),),
    ),
    Story(
        "cust-esha",
        "Esha",
        "+919876543205",
        (
            Deed("cart_update.add_to_cart", "added to the cart"),
            Deed(
                "product_view",
                "bought",
                changes={"event_name": "order_placed", "event_data": {"order_id": "1001"}},
                pause=_seconds(4),
            ),
        ),
        Outcome.EXITED,
        Reason.ORDER_PLACED,
    ),
    Story(
        "cust-farid",
        "Farid",
        "+919876543206",
        (
            _looked("Denim Shirt - Black", 0.8),
            _looked("Denim Cap", 0.2),
            _looked("Denim Jacket", 0),  # the latest, though not the last to arrive
            _looked("Denim Skirt", 0.6),
            _looked("Denim Belt", 0.4),
        ),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        (Message("still_looking", ("Farid", "Denim Jacket"), PRODUCT_IMAGE),),
    ),
    Story(
        "cust-gita",
        "Gita",
        "+919876543207",
        (
            Deed("cart_update.add_to_cart", "added to the cart"),
            Deed(
                "cart_update.remove_from_cart",
                "emptied the cart",
                changes={"event_data": {"empty_cart": True, "line_items": []}},
                pause=_seconds(4),
            ),
        ),
        Outcome.EXITED,
        Reason.CART_EMPTIED,
    ),
    Story(
        "cust-harish",
        "Harish",
        "+919876543208",
        (Deed("collection_view", "looked at a collection; not on WhatsApp"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        (Message("channel sms", (f"New: {PRODUCT}",)),),
        meta_refuses=NOT_ON_WHATSAPP,
    ),
)
