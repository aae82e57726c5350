"""What partners post: one model per event of the integration guide, told apart by `event_name`.

Fields the guide does not name are kept: the stored body is what merge fields are rendered
from, these models only say what must be right about it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from domain.events.kinds import ORDER_KINDS, RESERVED_PREFIX, EventKind
from domain.events.partner_schema import (
    AddressableId,
    Cart,
    Collection,
    Customer,
    OpaqueId,
    PartnerModel,
    Product,
)
from domain.values.storable import can_be_stored
from domain.values.timestamps import Timestamp

_ORDER_DATA = WithJsonSchema(
    {
        "description": "Any form is taken. What can be read is kept for results: `order_id`, "
        "`price` (an object, or the amount alone), `currency`, `landing_url`, and of a refund "
        "`refund_id`.",
        "examples": [
            {
                "order_id": "1001",
                "price": {"amount": 1299, "currency": "INR"},
                "landing_url": "https://store.example/cart/1?cb=k3o5n6abcdefg234",
            }
        ],
    }
)
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$"


class EventBase(PartnerModel):
    """What every event has."""

    event_id: AddressableId
    organization_id: OpaqueId
    event_name: str
    timestamp: Timestamp
    customer: Customer

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: Any) -> Any:
        if not can_be_stored(data):
            raise ValueError("holds a NUL, half of a surrogate pair, NaN or an infinity")
        return data

    @property
    def empties_cart(self) -> bool:
        """Whether this event leaves the customer with nothing in the cart."""
        return False


class CollectionView(EventBase):
    """The customer looked at a collection."""

    event_name: Literal[EventKind.COLLECTION_VIEW]
    event_data: Collection


class ProductView(EventBase):
    """The customer looked at a product."""

    event_name: Literal[EventKind.PRODUCT_VIEW]
    event_data: Product


class CartUpdate(EventBase):
    """The customer added to the cart or removed from it."""

    event_name: Literal[EventKind.CART_UPDATE]
    sub_event_name: Literal["add_to_cart", "remove_from_cart"] | None = None
    event_data: Cart

    @model_validator(mode="before")
    @classmethod
    def _resolve_sub_event(cls, data: Any) -> Any:
        """Read the guide's placeholder `add_to_cart | remove_from_cart` by what is filled."""
        if isinstance(data, Mapping) and "|" in str(data.get("sub_event_name") or "|"):
            return {**data, "sub_event_name": _filled_sub_event(data.get("event_data"))}
        return data

    @property
    def empties_cart(self) -> bool:
        """Whether the partner says that the cart is empty now."""
        return bool(self.event_data.empty_cart)


class CheckoutInitiated(EventBase):
    """The customer went to the checkout."""

    event_name: Literal[EventKind.CHECKOUT_INITIATED]
    event_data: Cart | None = None


class OrderEvent(EventBase):
    """What happened to an order."""

    event_data: Annotated[Any, _ORDER_DATA] = None
    """Any form: the guide has no sample of it, and an order must never be refused for its data."""


class OrderPlaced(OrderEvent):
    """The customer bought."""

    event_name: Literal[EventKind.ORDER_PLACED]


class OrderRefunded(OrderEvent):
    """The customer got back what an order cost, or a part of it."""

    event_name: Literal["order_refunded"]


class OrderCancelled(OrderEvent):
    """An order was taken back."""

    event_name: Literal["order_cancelled"]


class CustomEvent(EventBase):
    """An event that only the store's own plan gives a meaning."""

    event_name: Annotated[str, Field(min_length=1, max_length=64, pattern=_NAME)]
    event_data: dict[str, Any] | None = None

    @field_validator("event_name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if name.startswith(RESERVED_PREFIX):
            raise ValueError(f"names beginning with {RESERVED_PREFIX} are reserved")
        return name


def _filled_sub_event(event_data: Any) -> str | None:
    lists = event_data if isinstance(event_data, Mapping) else {}
    if lists.get("items_added"):
        return "add_to_cart"
    return "remove_from_cart" if lists.get("items_removed") else None


_CUSTOM = "custom"
_NAMED = frozenset({*EventKind, *ORDER_KINDS})
"""Names with a model of their own."""


def _tag(event: Any) -> str:
    if isinstance(event, Mapping):
        name = event.get("event_name")
    else:
        name = getattr(event, "event_name", None)
    return name if isinstance(name, str) and name in _NAMED else _CUSTOM


Event = Annotated[
    Annotated[CollectionView, Tag(EventKind.COLLECTION_VIEW.value)]
    | Annotated[ProductView, Tag(EventKind.PRODUCT_VIEW.value)]
    | Annotated[CartUpdate, Tag(EventKind.CART_UPDATE.value)]
    | Annotated[CheckoutInitiated, Tag(EventKind.CHECKOUT_INITIATED.value)]
    | Annotated[OrderPlaced, Tag(EventKind.ORDER_PLACED.value)]
    | Annotated[OrderRefunded, Tag("order_refunded")]
    | Annotated[OrderCancelled, Tag("order_cancelled")]
    | Annotated[CustomEvent, Tag(_CUSTOM)],
    Discriminator(_tag),
]
event_adapter: TypeAdapter[Event] = TypeAdapter(Event)
EVENT_TAGS = _NAMED | {_CUSTOM}
"""How pydantic names the branch of `Event` that an error is in."""
