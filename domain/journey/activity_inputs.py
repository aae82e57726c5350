"""What a journey asks the world: the inputs of its activities, free of personal data."""

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.events.journey_event import JourneyEvent
from domain.journey.later_events import JourneySubject
from domain.journey.outcomes import Reason
from domain.journey.plan import PlannedStep
from domain.journey.policy import JourneyPolicy
from domain.stores.config import OnFailure


class PlanRequest(BaseModel):
    """Which plan: that of a store for a trigger, counted from when the customer left."""

    model_config = ConfigDict(frozen=True)

    store_id: str
    customer_id: str
    trigger: JourneyEvent
    left_at: AwareDatetime
    first_left_at: AwareDatetime
    """When the customer left for the first time, if later events postponed the journey since."""
    orders_since: AwareDatetime
    buffered: tuple[str, ...] = ()
    """The ids of the events in the buffer; empty when the journey is only postponed."""
    buffered_since: AwareDatetime
    """The earliest of them: what was accepted and is later belongs to the buffer."""


class DeliverRequest(BaseModel):
    """Which message to send, unless the customer came back. It is composed where it is sent."""

    model_config = ConfigDict(frozen=True)

    store_id: str
    customer_id: str
    rules_version: int
    trigger: JourneyEvent
    left_at: AwareDatetime
    policy: JourneyPolicy
    step: PlannedStep
    fallback: int = 0
    """Which of the step's messages: 0 its own, 1 its first fallback."""
    because: Reason | None = None
    """The failure that led to a fallback."""
    waits_for_template: bool = True
    """While the template is held; otherwise the step has something else for that."""
    exit_check_timeout: timedelta
    on_failure: OnFailure
    experiment_id: str | None = None
    variant: str | None = None
    is_first: bool = False
    """Whether the journey has sent nothing: only then a customer may be held out anew."""

    def subject(self) -> JourneySubject:
        """What the journey is about, by which later events are judged."""
        return JourneySubject(self.trigger, self.left_at, self.policy)
