"""The partner schema: the parts that the integration guide's events are made of."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self
from unicodedata import category

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

MAX_ID_CHARACTERS, MAX_ID_BYTES = 200, 600
"""Of UTF-8. The workflow id, of which Temporal takes 1,000 bytes, holds the customer's id, and so
does a search attribute (255 characters)."""

_CONTROL = "Cc"
_DOTS = frozenset({".", ".."})
"""Clients take them out of a URL's path, even percent-encoded."""


def _addressable(identifier: str) -> str:
    if len(identifier.encode(errors="replace")) > MAX_ID_BYTES:
        raise PydanticCustomError("too_many_bytes", f"has more than {MAX_ID_BYTES} bytes in UTF-8")
    if any(category(character) == _CONTROL for character in identifier):
        raise PydanticCustomError("control_character", "has a control character")
    if identifier in _DOTS:
        raise PydanticCustomError("dots_alone", "is no part of a URL's path")
    return identifier


def _none_if_spaces(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip(" ") else value


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


OpaqueId = Annotated[str, Field(min_length=1, max_length=256)]
"""An opaque id. The guide's are not UUIDs; numbers are taken as their digits."""

AddressableId = Annotated[
    str, Field(min_length=1, max_length=MAX_ID_CHARACTERS), AfterValidator(_addressable)
]
"""An opaque id that stands in URLs: it is reached by its percent-encoded form."""

_Email = Annotated[str, Field(max_length=320)]
_Phone = Annotated[str, Field(max_length=32)]


class PartnerModel(BaseModel):
    """A part of the guide: its fields are typed, further fields are kept."""

    model_config = ConfigDict(
        extra="allow", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


class Customer(PartnerModel):
    """The customer of an event. One of `customer_id`, `phone` and `email` is enough.

    One that is empty or blank counts as none.
    """

    customer_id: Annotated[AddressableId | None, BeforeValidator(_none_if_spaces)] = None
    email: Annotated[_Email | None, BeforeValidator(_none_if_blank)] = None
    phone: Annotated[_Phone | None, BeforeValidator(_none_if_blank)] = None
    name: Annotated[str, Field(max_length=256)] | None = None

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not (self.customer_id or self.phone or self.email):
            raise ValueError("needs a customer_id, a phone or an email")
        return self


_posted_id = TypeAdapter[str](AddressableId, config=ConfigDict(coerce_numbers_to_str=True))


def posted_customer_id(body: Mapping[str, Any]) -> str | None:
    """The customer's id in a stored body, as `Customer` reads it; None: none, or it was erased."""
    customer = body.get("customer")
    try:
        return _posted_id.validate_python(customer and customer.get("customer_id"))
    except ValidationError:
        return None


class Price(PartnerModel):
    """An amount in major units, such as 600 rupees."""

    amount: Decimal | None = None
    currency: str | None = None


def _amount_alone(price: Any) -> Any:
    return {"amount": price} if isinstance(price, str | int | float) else price


AnyPrice = Annotated[Price, BeforeValidator(_amount_alone)]
"""An object with its currency, or the amount alone: the guide has both."""


class LineItem(PartnerModel):
    """One line of a cart."""

    quantity: int | None = None
    title: str | None = None
    line_price: Decimal | None = None
    variant_id: str | None = None
    product_id: str | None = None
    product_url: str | None = None
    image_url: str | None = None


class Collection(PartnerModel):
    """What a `collection_view` is about."""

    product_id: str | None = None
    variant_id: str | None = None
    title: str | None = None
    line_price: Decimal | None = None
    collection_url: str | None = None
    image_url: str | None = None


class Product(PartnerModel):
    """What a `product_view` is about."""

    product_id: str | None = None
    variant_id: str | None = None
    title: str | None = None
    currency: str | None = None
    price: AnyPrice | None = None
    quantity: int | None = None
    line_price: Decimal | None = None
    product_url: str | None = None
    image_url: str | None = None


class Cart(PartnerModel):
    """The cart as it is after the change."""

    empty_cart: bool | None = None
    cart_link: str | None = None
    recent_product_image: str | None = None
    price: AnyPrice | None = None
    line_items: list[LineItem] | None = None
    items_added: list[LineItem] | None = None
    items_removed: list[LineItem] | None = None
