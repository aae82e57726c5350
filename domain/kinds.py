"""Event kinds and their intent: how close to buying an event shows the customer to be."""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds that every store understands; any other name is a custom kind."""

    COLLECTION_VIEW = "collection_view"
    PRODUCT_VIEW = "product_view"
    CART_UPDATE = "cart_update"
    CHECKOUT_INITIATED = "checkout_initiated"
    ORDER_PLACED = "order_placed"


OPERATOR_EXIT = "comeback.exit"
"""The inbox kind of an operator's exit: it travels the same durable road as events do."""

OPT_OUT = "comeback.opt_out"
"""The inbox kind of an opt-out, on its way to the journeys that it ends."""

RESERVED_PREFIX = "comeback."
"""Partners cannot post names that begin like this."""

LOWEST_INTENT = 0
_INTENTS: dict[str, int] = {
    Kind.COLLECTION_VIEW: 1,
    Kind.PRODUCT_VIEW: 2,
    Kind.CART_UPDATE: 3,
    Kind.CHECKOUT_INITIATED: 4,
    Kind.ORDER_PLACED: 5,
}
CART_KINDS = frozenset({Kind.CART_UPDATE.value, Kind.CHECKOUT_INITIATED.value})
"""Kinds that are about a cart: an emptied cart takes them back."""


def intent_of(kind: str) -> int:
    """The rank of a kind; a custom kind has the lowest."""
    return _INTENTS.get(kind, LOWEST_INTENT)


def is_custom(kind: str) -> bool:
    """Whether a kind is one that only a store's own plan gives a meaning."""
    return kind not in _INTENTS and not kind.startswith(RESERVED_PREFIX)
