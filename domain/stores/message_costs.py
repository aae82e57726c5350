"""What Meta charges a store for a message, by category and country."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from domain.values.config_model import ConfigModel

OTHER: Final = "other"
"""The rate of every country that has none of its own."""

Category = Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")]
"""As Meta's statuses have it: `marketing`, `utility`, `authentication`, `service`."""

Country = Annotated[str, Field(pattern=rf"^([A-Z]{{2}}|{OTHER})$")]
"""An ISO 3166 code such as `IN`, or `other`."""

Rate = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]
"""Of one message, in major units."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class MessageCosts(ConfigModel):
    """What one message costs. Meta's statuses say which are billed, and by which category."""

    currency: Currency
    rates: Mapping[Category, Mapping[Country, Rate]] = Field(default_factory=dict)

    def rate(self, category: str | None, country: str | None) -> Decimal | None:
        """The cost of one message to a number of that country; None: the store does not say."""
        of_category = self.rates.get(category or "", {})
        return of_category.get(country or OTHER, of_category.get(OTHER))
