"""A store's plan for one trigger, with every due time worked out: what the journey goes by."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Discriminator, Tag

from domain.fallbacks import OtherChannel, OtherTemplate, fallback_form
from domain.outcomes import Reason
from domain.plans import Step
from domain.schedule import due_at, label
from domain.stores import LowerIntent, OnFailure, StoreConfig
from domain.templates import Carousel


class KeptCarousel(Carousel):
    """A carousel as history keeps it."""

    model_config = ConfigDict(extra="ignore")


class KeptTemplate(OtherTemplate):
    """A fallback to another template as history keeps it."""

    model_config = ConfigDict(extra="ignore")

    carousel: KeptCarousel | None = None


class KeptChannel(OtherChannel):
    """A fallback to another channel as history keeps it."""

    model_config = ConfigDict(extra="ignore")


KeptFallback = Annotated[
    Annotated[KeptTemplate, Tag("other_template")] | Annotated[KeptChannel, Tag("other_channel")],
    Discriminator(fallback_form),
]


class KeptStep(Step):
    """A step as history keeps it: also one that a newer release wrote, with more in it."""

    model_config = ConfigDict(extra="ignore")

    carousel: KeptCarousel | None = None
    fallbacks: tuple[KeptFallback, ...] = ()


class PlannedStep(BaseModel):
    """One message to come."""

    model_config = ConfigDict(frozen=True)

    number: int
    of: int
    step: KeptStep
    wanted_at: AwareDatetime
    """`left_at` + `after`, before quiet hours move it."""
    due_at: AwareDatetime
    label: str

    @property
    def expires_at(self) -> datetime | None:
        """From when on the message is no longer worth sending."""
        if self.step.expires_after is None:
            return None
        return self.wanted_at + self.step.expires_after

    def sender(self, number: int) -> str:
        """What sends one of the step's messages, as operators read it."""
        message = self.step.message(number)
        if isinstance(message, OtherChannel):
            return f"channel {message.channel}"
        return message.template

    def hopeless(self, now: datetime) -> Reason | None:
        """Why this message will never be sent: it is too late, or quiet hours make it so."""
        if self.expires_at is None:
            return None
        if self.wanted_at < self.due_at and self.expires_at <= self.due_at:
            return Reason.QUIET_HOURS
        return Reason.EXPIRED if self.expires_at <= now else None


class JourneyPlan(BaseModel):
    """What a store's plan was when the buffer ended. History keeps it: the proof of the rules."""

    model_config = ConfigDict(frozen=True)

    steps: list[PlannedStep] = []
    exit_check: bool = False
    exit_check_timeout: timedelta = timedelta(seconds=5)
    on_failure: OnFailure = OnFailure.SKIP
    lower_intent_events: LowerIntent = LowerIntent.EXIT
    already_handled: bool = False
    """The trigger had its journey before: an event delivered twice over a crash."""


def make_plan(
    config: StoreConfig, kind: str, left_at: datetime, customer_zone: str | None
) -> JourneyPlan:
    """Apply a store's configuration, as it is now, to a trigger.

    Args:
        config: the store's.
        kind: of the trigger. Without a plan for it the result has no steps.
        left_at: what the delays count from.
        customer_zone: where the customer's phone is at home, if that is certain.
    """
    plan = config.plans.get(kind)
    steps = plan.steps if plan else []
    zone = customer_zone or config.timezone
    exit_api = config.exit_api
    return JourneyPlan(
        steps=[
            _planned(config, step, number, len(steps), left_at, zone)
            for number, step in enumerate(steps, start=1)
        ],
        exit_check=exit_api is not None,
        exit_check_timeout=exit_api.timeout if exit_api else timedelta(seconds=5),
        on_failure=exit_api.on_failure if exit_api else OnFailure.SKIP,
        lower_intent_events=config.lower_intent_events,
    )


def _planned(  # noqa: PLR0913, PLR0917  # each says something about one message, none goes with another
    config: StoreConfig, step: Step, number: int, of: int, left_at: datetime, zone: str
) -> PlannedStep:
    wanted = left_at + step.after
    due = due_at(wanted, config.quiet_hours, zone)
    return PlannedStep(
        number=number,
        of=of,
        step=KeptStep.model_validate(step.model_dump()),
        wanted_at=wanted,
        due_at=due,
        label=label(number, of, due, left_at, zone),
    )
