"""A store's plans: which messages follow which kind of event."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from domain.events.kinds import EventKind
from domain.messages.fallbacks import LATE_FAILURES, Fallback
from domain.messages.message import ChannelMessage, WithMessage
from domain.messages.reader import DEFAULT_LANGUAGE
from domain.messages.templates import TemplateMessage
from domain.values.config_model import ConfigModel
from domain.values.durations import Duration
from domain.values.problems import Path


class Step(WithMessage):
    """One message of a plan, due `after` the customer left, and its fallbacks."""

    after: Duration
    expires_after: Duration | None = None
    """Not worth sending when this much later than it was due."""
    fallbacks: Annotated[tuple[Fallback, ...], Field(max_length=5)] = ()
    """What is sent instead after a failure, in the order in which they are tried."""
    fallback_within: Annotated[Duration, Field(le=timedelta(days=1))] = timedelta(minutes=15)
    """How long after Meta accepted the message a failure that it reports leads to a fallback. The
    journey stays open so long, also after its last message."""

    def message_at(self, number: int) -> TemplateMessage | ChannelMessage:
        """One of the step's messages: 0 its own, 1 its first fallback's."""
        return self.fallbacks[number - 1].message if number else self.message

    @property
    def language(self) -> str:
        """The language of the step's first template, which its channels write in, too."""
        messages = (self.message, *(each.message for each in self.fallbacks))
        templates = (each for each in messages if isinstance(each, TemplateMessage))
        return next((each.language for each in templates), DEFAULT_LANGUAGE)

    def fallback_after(
        self, tried: int, failure: str | None, *, only_channels: bool = False
    ) -> int | None:
        """The number of the message that is sent after a failure; None if the step has none.

        Args:
            tried: the number of the message that failed.
            failure: why.
            only_channels: WhatsApp does not reach the customer.
        """
        for number, fallback in enumerate(self.fallbacks[tried:], start=tried + 1):
            reaches = isinstance(fallback.message, ChannelMessage) or not only_channels
            if failure in fallback.on and reaches:
                return number
        return None

    def awaits_late_failures(self, sent: int) -> bool:
        """Whether a failure that Meta reports late of that message may lead to a fallback."""
        by_meta = isinstance(self.message_at(sent), TemplateMessage)
        return by_meta and any(set(each.on) & LATE_FAILURES for each in self.fallbacks[sent:])


def _in_order(steps: list[Step]) -> list[Step]:
    delays = [step.after for step in steps]
    if delays != sorted(delays):
        raise ValueError("steps must stand in the order of their `after`")
    return steps


VariantName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Steps = Annotated[list[Step], Field(max_length=20), AfterValidator(_in_order)]
HOLDOUT: Final = "holdout"
"""The arm that gets no message. No variant can have this name."""


class Variant(ConfigModel):
    """One of several forms of a plan, which a share of the people get."""

    weight: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1
    steps: Annotated[Steps, Field(min_length=1)]

    @property
    def timing(self) -> list[timedelta]:
        """When its messages are due."""
        return [step.after for step in self.steps]


class Plan(ConfigModel):
    """The steps for one kind of event. A bare list of steps is a plan without extras.

    Only `checkout_initiated` may have no steps: then the cart's plan does not stand in for it.
    """

    steps: Steps = Field(default_factory=list)
    intent: EventKind | None = None
    """For a custom kind: the kind that it ranks with. Otherwise it has the lowest intent."""
    holdout: Annotated[float, Field(ge=0, le=0.9, allow_inf_nan=False)] = 0
    """The share of people who are held out: told apart at the claim, they get no message."""
    variants: Annotated[dict[VariantName, Variant], Field(max_length=10)] = Field(
        default_factory=dict
    )
    """In place of `steps`: each person gets one of them."""

    @field_validator("intent")
    @classmethod
    def _not_an_order(cls, intent: EventKind | None) -> EventKind | None:
        if intent is EventKind.ORDER_PLACED:
            raise ValueError("order_placed ends journeys; nothing ranks with it")
        return intent

    @model_validator(mode="after")
    def _steps_or_variants(self) -> Self:
        if "steps" not in self.model_fields_set and not self.variants:
            raise ValueError("needs steps, or variants that have them")
        if self.steps and self.variants:
            raise ValueError("has steps and variants; the steps stand in the variants alone")
        if len(self.variants) == 1:
            raise ValueError("has one variant, which is compared with nothing; write its steps")
        if HOLDOUT in self.variants:
            raise ValueError("a variant is named holdout, as the arm without messages is")
        return self

    @property
    def has_messages(self) -> bool:
        """Whether it has any step."""
        return bool(self.steps or self.variants)

    def arms(self) -> Iterator[tuple[Path, list[Step]]]:
        """Each list of steps, and where it is in the plan."""
        if self.has_messages and not self.variants:
            yield ("steps",), self.steps
        for name, variant in self.variants.items():
            yield ("variants", name, "steps"), variant.steps

    def steps_of(self, variant: str | None) -> list[Step]:
        """The steps of a variant; of the first one, if the variant is not there any more."""
        if not self.variants:
            return self.steps
        first = next(iter(self.variants))
        return self.variants.get(variant or first, self.variants[first]).steps


def _plan_of_steps(value: Any) -> Any:
    return {"steps": value} if isinstance(value, list) else value


PlanKind = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
Plans = dict[PlanKind, Annotated[Plan, BeforeValidator(_plan_of_steps)]]
