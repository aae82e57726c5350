"""What partners post: one model per event of the integration guide, told apart by `event_name`.

Fields the guide does not name are kept: the stored body is what merge fields are rendered
from, these models only say what must be right about it.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    field_validator,
    model_validator,
)

from domain.kinds import RESERVED_PREFIX, Kind

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$"
Identifier = Annotated[str, Field(min_length=1, max_length=256)]
"""An opaque id. The guide's are not UUIDs; numbers are taken as their digits."""

CustomerId = Annotated[str, Field(min_length=1, max_length=200)]
"""Part of the workflow id, of which Temporal takes 1,000 bytes, and a search attribute (255)."""


class Guide(BaseModel):
    """A part of the guide: typed where it speaks, open to whatever else a partner adds."""

    model_config = ConfigDict(
        extra="allow", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


class Customer(Guide):
    """Whom the event is about. One of the three ways to tell them apart is enough."""

    customer_id: CustomerId | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    phone: Annotated[str, Field(max_length=32)] | None = None
    name: Annotated[str, Field(max_length=256)] | None = None

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not (self.customer_id or self.phone or self.email):
            raise ValueError("needs a customer_id, a phone or an email")
        return self


class Price(Guide):
    """An amount in major units, such as 600 rupees."""

    amount: Decimal | None = None
    currency: str | None = None


class LineItem(Guide):
    """One line of a cart."""

    quantity: int | None = None
    title: str | None = None
    line_price: Decimal | None = None
    variant_id: str | None = None
    product_id: str | None = None
    product_url: str | None = None
    image_url: str | None = None


class Collection(Guide):
    """What a `collection_view` is about."""

    product_id: str | None = None
    variant_id: str | None = None
    title: str | None = None
    line_price: Decimal | None = None
    collection_url: str | None = None
    image_url: str | None = None


class Product(Guide):
    """What a `product_view` is about."""

    product_id: str | None = None
    variant_id: str | None = None
    title: str | None = None
    currency: str | None = None
    price: Decimal | None = None
    quantity: int | None = None
    line_price: Decimal | None = None
    product_url: str | None = None
    image_url: str | None = None


class Cart(Guide):
    """The cart as it is after the change."""

    empty_cart: bool = False
    cart_link: str | None = None
    recent_product_image: str | None = None
    price: Price | None = None
    line_items: list[LineItem] = []
    items_added: list[LineItem] = []
    items_removed: list[LineItem] = []


_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def can_be_stored(value: Any) -> bool:
    """Whether PostgreSQL's JSON takes it: no NUL, no half of a character, no NaN."""
    rest = [value]
    while rest:
        part = rest.pop()
        if isinstance(part, Mapping):
            rest += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            rest += part
        elif _is_unstorable(part):
            return False
    return True


def _is_unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is not None
    return isinstance(value, float) and not math.isfinite(value)


def _written_out(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError("write the time with its offset, such as 2024-10-08T06:30:35+00:00")
    return value


def _has_utc(at: datetime) -> datetime:
    try:
        at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years 1 to 9999 in UTC") from error
    return at


Timestamp = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_has_utc)]
"""An instant with its offset; a bare number could be seconds or milliseconds."""


class EventBase(Guide):
    """What every event has."""

    event_id: Identifier
    organization_id: Identifier
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

    event_name: Literal[Kind.COLLECTION_VIEW]
    event_data: Collection


class ProductView(EventBase):
    """The customer looked at a product."""

    event_name: Literal[Kind.PRODUCT_VIEW]
    event_data: Product


class CartUpdate(EventBase):
    """The customer added to the cart or removed from it."""

    event_name: Literal[Kind.CART_UPDATE]
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
        return self.event_data.empty_cart


class CheckoutInitiated(EventBase):
    """The customer went to the checkout."""

    event_name: Literal[Kind.CHECKOUT_INITIATED]
    event_data: Cart = Cart()


class OrderPlaced(EventBase):
    """The customer bought."""

    event_name: Literal[Kind.ORDER_PLACED]
    event_data: dict[str, Any] = {}


class CustomEvent(EventBase):
    """An event that only the store's own plan gives a meaning."""

    event_name: Annotated[str, Field(min_length=1, max_length=64, pattern=_NAME)]
    event_data: dict[str, Any] = {}

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


def _tag(event: Any) -> str:
    if isinstance(event, Mapping):
        name = event.get("event_name")
    else:
        name = getattr(event, "event_name", None)
    return name if isinstance(name, str) and name in set(Kind) else _CUSTOM


Event = Annotated[
    Annotated[CollectionView, Tag(Kind.COLLECTION_VIEW.value)]
    | Annotated[ProductView, Tag(Kind.PRODUCT_VIEW.value)]
    | Annotated[CartUpdate, Tag(Kind.CART_UPDATE.value)]
    | Annotated[CheckoutInitiated, Tag(Kind.CHECKOUT_INITIATED.value)]
    | Annotated[OrderPlaced, Tag(Kind.ORDER_PLACED.value)]
    | Annotated[CustomEvent, Tag(_CUSTOM)],
    Discriminator(_tag),
]
event_adapter: TypeAdapter[Event] = TypeAdapter(Event)
EVENT_TAGS = frozenset({*Kind, _CUSTOM})
"""How pydantic names the branch of `Event` that an error is in."""


def _to_instant(at: datetime) -> datetime:
    """UTC, cut to milliseconds: what one side writes with more digits is not later for that."""
    at = _has_utc(at).astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


Instant = Annotated[AwareDatetime, AfterValidator(_to_instant)]


class JourneyEvent(BaseModel):
    """All that a journey needs to know of an event; whoever needs the rest asks the inbox.

    No phone, e-mail or name, so none is in Temporal's history.
    """

    model_config = ConfigDict(frozen=True)

    event_id: str
    kind: str
    at: Instant
    """When the customer did it, by the partner's clock."""
    intent: int
    empties_cart: bool = False
