"""A store's plans: which messages follow which kind of event."""

from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from domain.configuring import Config
from domain.durations import Duration
from domain.fallbacks import TOLD_LATER, Fallback, OtherChannel
from domain.kinds import Kind
from domain.templates import Template


class Step(Template):
    """One message of a plan, due `after` the customer left."""

    after: Duration
    expires_after: Duration | None = None
    """No longer worth sending when this much later than it was due."""
    fallbacks: Annotated[tuple[Fallback, ...], Field(max_length=5)] = ()
    """What is sent instead after a failure, in the order in which they are tried."""
    fallback_within: Annotated[Duration, Field(le=timedelta(days=1))] = timedelta(minutes=15)
    """How long after Meta took the message a failure that it tells still leads to a fallback. The
    journey stays open so long, also after its last message."""

    def message(self, number: int) -> Template | OtherChannel:
        """One of the step's messages: 0 its own, 1 its first fallback."""
        return self.fallbacks[number - 1] if number else self

    def fallback_after(
        self, tried: int, failure: str | None, *, only_channels: bool = False
    ) -> int | None:
        """Which message has its turn when the one of that number failed so; None: none.

        Args:
            tried: the number of the message that failed.
            failure: why.
            only_channels: WhatsApp does not reach the customer.
        """
        for number, fallback in enumerate(self.fallbacks[tried:], start=tried + 1):
            if failure in fallback.on and (isinstance(fallback, OtherChannel) or not only_channels):
                return number
        return None

    def is_watched(self, sent: int) -> bool:
        """Whether a failure of that message that Meta tells later may lead to a fallback."""
        by_meta = isinstance(self.message(sent), Template)
        return by_meta and any(set(each.on) & TOLD_LATER for each in self.fallbacks[sent:])


class Plan(Config):
    """The steps for one kind of event. A bare list of steps is a plan without extras."""

    steps: Annotated[list[Step], Field(min_length=1, max_length=20)]
    intent: Kind | None = None
    """For a custom kind: the kind that it ranks with. Otherwise it has the lowest intent."""

    @field_validator("intent")
    @classmethod
    def _an_intent(cls, intent: Kind | None) -> Kind | None:
        if intent is Kind.ORDER_PLACED:
            raise ValueError("order_placed ends journeys; nothing ranks with it")
        return intent

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        delays = [step.after for step in self.steps]
        if delays != sorted(delays):
            raise ValueError("steps must stand in the order of their `after`")
        return self


def _plan_of_steps(value: Any) -> Any:
    return {"steps": value} if isinstance(value, list) else value


PlanKind = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
Plans = dict[PlanKind, Annotated[Plan, BeforeValidator(_plan_of_steps)]]
