"""The partner schema: the parts that the integration guide's events are made of."""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

OpaqueId = Annotated[str, Field(min_length=1, max_length=256)]
"""An opaque id. The guide's are not UUIDs; numbers are taken as their digits."""

CustomerId = Annotated[str, Field(min_length=1, max_length=200)]
"""Part of the workflow id, of which Temporal takes 1,000 bytes, and a search attribute (255)."""


class PartnerModel(BaseModel):
    """A part of the guide: its fields are typed, further fields are kept."""

    model_config = ConfigDict(
        extra="allow", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


class Customer(PartnerModel):
    """The customer of an event. One of `customer_id`, `phone` and `email` is enough."""

    customer_id: CustomerId | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    phone: Annotated[str, Field(max_length=32)] | None = None
    name: Annotated[str, Field(max_length=256)] | None = None

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not (self.customer_id or self.phone or self.email):
            raise ValueError("needs a customer_id, a phone or an email")
        return self


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
