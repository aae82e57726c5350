"""What a journey asks the world: the inputs of its activities, free of personal data."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.journey.outcomes import Reason
from domain.journey.plan import PlannedStep


class PlanRequest(BaseModel):
    """Which plan: that of a store for a trigger, counted from when the customer left."""

    model_config = ConfigDict(frozen=True)

    store_id: str
    customer_id: str
    trigger_event_id: str
    kind: str
    left_at: AwareDatetime
    first: bool = True
    """Whether the journey begins; otherwise it only counts anew from a later `left_at`."""


class ExitCheckRequest(BaseModel):
    """Whom to ask about, and since when."""

    model_config = ConfigDict(frozen=True)

    store_id: str
    customer_id: str
    left_at: AwareDatetime
    trigger_at: AwareDatetime
    """Since when an order counts."""


class SendRequest(BaseModel):
    """Which message to send. What it says is rendered where it is sent."""

    model_config = ConfigDict(frozen=True)

    store_id: str
    customer_id: str
    trigger_event_id: str
    kind: str
    step: PlannedStep
    fallback: int = 0
    """Which of the step's messages: 0 its own, 1 its first fallback."""
    because: Reason | None = None
    """The failure that led to a fallback."""
    waits_for_template: bool = True
    """While the template is held; otherwise the step has something else for that."""
