"""The demo's customers: what each does, and how the journey is expected to end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.journey.outcomes import Outcome, Reason

CART_LINK = "cart/3284672934"
CART_IMAGE = "https://sample.com/aa8ab4876d3d.jpg"
PRODUCT_IMAGE = "https://sample.com/test.jpg"
PRODUCT = "Denim Shirt - Blue"
ORDER = {"order_id": "1001", "price": {"amount": 600, "currency": "INR"}}
NOT_ON_WHATSAPP = 131026
"""Meta's error code."""


@dataclass(frozen=True)
class CustomerAction:
    """One event: which of the guide's samples it is made from, and how it differs."""

    sample: str
    description: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    delay: timedelta = timedelta(0)
    """After the action before it."""
    age: timedelta = timedelta(0)
    """How much older than its posting the event is: partners do not post in order."""
    only_in_exit_api: bool = False
    """Not posted; the Exit API answers with it."""


@dataclass(frozen=True)
class MessageSummary:
    """The parts of a message that differ from customer to customer."""

    template: str
    """Or `channel` and the name of the store's own channel."""
    texts: tuple[str, ...]
    image: str | None = None
    button: str | None = None

    def __str__(self) -> str:
        """On one line."""
        parts = [*self.texts, *filter(None, (self.image, self.button))]
        return f"{self.template}: {' | '.join(parts)}"


@dataclass(frozen=True)
class Scenario:
    """One customer of the store: the actions, and the expected end of the journey."""

    customer_id: str
    name: str
    phone: str
    actions: tuple[CustomerAction, ...]
    outcome: Outcome
    reason: Reason
    messages: tuple[MessageSummary, ...] = ()
    meta_error: int | None = None
    """The code of the error that Meta answers to every message."""


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def _cart_messages(name: str, price: str = "600 INR") -> tuple[MessageSummary, ...]:
    return (
        MessageSummary("cart_reminder", (name, price), CART_IMAGE, CART_LINK),
        MessageSummary("cart_last_call", (name,)),
    )


def _product_view(title: str, age: float) -> CustomerAction:
    return CustomerAction(
        "product_view",
        f"looked at {title}",
        changes={"event_data": {"title": title}},
        age=_seconds(age),
    )


SCENARIOS = (
    Scenario(
        "cust-asha",
        "Asha",
        "+919876543201",
        (CustomerAction("cart_update.add_to_cart", "added to the cart"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        _cart_messages("Asha"),
    ),
    Scenario(
        "cust-bela",
        "Bela",
        "+919876543202",
        (CustomerAction("cart_update.remove_from_cart", "took one thing out of the cart"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        _cart_messages("Bela"),
    ),
    Scenario(
        "cust-chitra",
        "Chitra",
        "+919876543203",
        (
            CustomerAction("product_view", "looked at a product"),
            CustomerAction(
                "product_view",
                "looked again; only the Exit API knows",
                age=-_seconds(1),
                only_in_exit_api=True,
            ),
        ),
        Outcome.EXITED,
        Reason.CONSECUTIVE_EVENT,
    ),
    Scenario(
        "cust-dinesh",
        "Dinesh",
        "+919876543204",
        (CustomerAction("collection_view", "looked at a collection"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        (MessageSummary("new_in_collection", ("Dinesh", PRODUCT)),),
    ),
    Scenario(
        "cust-esha",
        "Esha",
        "+919876543205",
        (
            CustomerAction("cart_update.add_to_cart", "added to the cart"),
            CustomerAction(
                "product_view",
                "bought",
                changes={"event_name": "order_placed", "event_data": ORDER},
                delay=_seconds(4),
            ),
        ),
        Outcome.EXITED,
        Reason.ORDER_PLACED,
    ),
    Scenario(
        "cust-farid",
        "Farid",
        "+919876543206",
        (
            _product_view("Denim Shirt - Black", 0.8),
            _product_view("Denim Cap", 0.2),
            _product_view("Denim Jacket", 0),  # the latest, though not the last to arrive
            _product_view("Denim Skirt", 2.0),
            _product_view("Denim Belt", 1.8),
        ),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        (MessageSummary("still_looking", ("Farid", "Denim Jacket"), PRODUCT_IMAGE),),
    ),
    Scenario(
        "cust-gita",
        "Gita",
        "+919876543207",
        (
            CustomerAction("cart_update.add_to_cart", "added to the cart"),
            CustomerAction(
                "cart_update.remove_from_cart",
                "emptied the cart",
                changes={"event_data": {"empty_cart": True, "line_items": []}},
                delay=_seconds(4),
            ),
        ),
        Outcome.EXITED,
        Reason.CART_EMPTIED,
    ),
    Scenario(
        "cust-harish",
        "Harish",
        "+919876543208",
        (CustomerAction("collection_view", "looked at a collection; not on WhatsApp"),),
        Outcome.MESSAGED,
        Reason.PLAN_DONE,
        (MessageSummary("channel sms", (f"New: {PRODUCT}",)),),
        meta_error=NOT_ON_WHATSAPP,
    ),
)
