"""What a message says: one of Meta's templates, and what stands in its places."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from domain.messages.template_checks import (
    ButtonUrl,
    CardButtonUrl,
    CardLink,
    CardLiquid,
    CouponCode,
    Link,
    Liquid,
    ListOfEvent,
)
from domain.values.config_model import ConfigModel


class Carousel(ConfigModel):
    """Cards made from a list of the event, `item` being the entry that a card is about."""

    items: ListOfEvent = "event_data.line_items"
    cards: Annotated[int, Field(ge=1, le=10)] | None = None
    """How many the template has: Meta wants exactly so many. None: one per item, up to 10."""
    header_image: CardLink
    body: list[CardLiquid] = Field(default_factory=list)
    button_url: CardButtonUrl | None = None


def _form(body: Any) -> str:
    return "named" if isinstance(body, dict) else "positional"


FieldName = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Body = Annotated[
    Annotated[list[Liquid], Tag("positional")] | Annotated[dict[FieldName, Liquid], Tag("named")],
    Discriminator(_form),
]


class TemplateMessage(ConfigModel):
    """A message by one of the store's templates at Meta."""

    template: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$")]
    body: Body = Field(default_factory=list)
    """Parameters of the body: a list for a positional template, an object for a named one."""
    header_image: Link | None = None
    button_url: ButtonUrl | None = None
    """The variable end of the URL that the template's button has."""
    coupon_code: CouponCode | None = None
    carousel: Carousel | None = None

    @property
    def has_link(self) -> bool:
        """Whether a message of it has a URL of its own for a button."""
        on_cards = self.carousel is not None and self.carousel.button_url is not None
        return on_cards or self.button_url is not None
