"""Event kinds and their intent: how close an event shows the customer to a purchase."""

from enum import StrEnum


class EventKind(StrEnum):
    """The kinds that every store understands; any other name is a custom kind."""

    COLLECTION_VIEW = "collection_view"
    PRODUCT_VIEW = "product_view"
    CART_UPDATE = "cart_update"
    CHECKOUT_INITIATED = "checkout_initiated"
    ORDER_PLACED = "order_placed"


ORDER_REFUNDED = "order_refunded"
ORDER_CANCELLED = "order_cancelled"
ORDER_KINDS = frozenset({EventKind.ORDER_PLACED.value, ORDER_REFUNDED, ORDER_CANCELLED})
"""Kinds that are about an order: none is a reason for a message, and none is ever too old."""

OPERATOR_EXIT = "comeback.exit"
"""The inbox kind of an operator's exit, which is stored and dispatched as events are."""

OPT_OUT = "comeback.opt_out"
"""The kind of the signal that ends the journeys of an opted-out customer."""

RESERVED_PREFIX = "comeback."
"""Partners cannot post names that begin like this."""

LOWEST_INTENT = 0
_INTENTS: dict[str, int] = {
    EventKind.COLLECTION_VIEW: 1,
    EventKind.PRODUCT_VIEW: 2,
    EventKind.CART_UPDATE: 3,
    EventKind.CHECKOUT_INITIATED: 4,
    EventKind.ORDER_PLACED: 5,
}
CART_KINDS = frozenset({EventKind.CART_UPDATE.value, EventKind.CHECKOUT_INITIATED.value})
"""Kinds that are about a cart: an emptied cart takes them back."""


def intent_of(kind: str) -> int:
    """The rank of a kind; a custom kind has the lowest."""
    return _INTENTS.get(kind, LOWEST_INTENT)


def is_browsing(kind: str) -> bool:
    """Whether the kind is one of the named ones that show a customer looking or filling a cart."""
    return kind in _INTENTS and kind != EventKind.ORDER_PLACED


def is_custom(kind: str) -> bool:
    """Whether only a store's own plan gives the kind a meaning."""
    ours = kind in _INTENTS or kind in ORDER_KINDS or kind.startswith(RESERVED_PREFIX)
    return not ours
