"""What a journey needs to know of an event."""

from pydantic import BaseModel, ConfigDict

from domain.events.kinds import EventKind
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

    @property
    def takes_back(self) -> bool:
        """Whether earlier events count for nothing after it: an order, or an emptied cart."""
        return self.kind == EventKind.ORDER_PLACED or self.empties_cart
