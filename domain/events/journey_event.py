"""What a journey needs to know of an event."""

from pydantic import BaseModel, ConfigDict

from domain.values.timestamps import UtcTimestamp


class JourneyEvent(BaseModel):
    """An event as a journey knows it; the rest of it stays in the inbox.

    It has no phone, e-mail or name, so none is in Temporal's history.
    """

    model_config = ConfigDict(frozen=True)

    event_id: str
    kind: str
    at: UtcTimestamp
    """When the customer did it, by the partner's clock."""
    intent: int
    empties_cart: bool = False
