"""The plan that a journey follows: the store's steps for a trigger, with every due time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, field_validator

from domain.journey.outcomes import Reason
from domain.journey.schedule import due_at, message_label
from domain.messages.message import sender_of
from domain.stores.config import ExitApi, OnFailure, StoreConfig
from domain.stores.plans import Step


class PlannedStep(BaseModel):
    """One step of the plan: a message and its fallbacks, and when it is due."""

    model_config = ConfigDict(frozen=True)

    number: int
    of: int
    definition: Step
    """As the store configured it."""
    wanted_at: AwareDatetime
    """`left_at` + `after`, before quiet hours move it."""
    due_at: AwareDatetime
    label: str

    @field_validator("definition", mode="before")
    @classmethod
    def _from_history(cls, definition: Any) -> Any:
        """Read a step also when a newer release wrote it, with keys that this one lacks."""
        if isinstance(definition, dict):
            return Step.model_validate(definition, extra="ignore")
        return definition

    @property
    def expires_at(self) -> datetime | None:
        """From when on the message is not worth sending."""
        expires_after = self.definition.expires_after
        return None if expires_after is None else self.wanted_at + expires_after

    def sender(self, number: int) -> str:
        """What sends one of the step's messages, as operators read it."""
        return sender_of(self.definition.message_at(number))

    def unsendable_reason(self, now: datetime) -> Reason | None:
        """Why this step's message will never be sent: it is too late, or quiet hours make it so."""
        if self.expires_at is None:
            return None
        if self.wanted_at < self.due_at and self.expires_at <= self.due_at:
            return Reason.QUIET_HOURS
        return Reason.EXPIRED if self.expires_at <= now else None


class JourneyPlan(BaseModel):
    """What a store's plan was when the buffer ended. It stays in history as the proof."""

    model_config = ConfigDict(frozen=True)

    steps: list[PlannedStep] = []
    exit_check_timeout: timedelta = timedelta(seconds=5)
    on_failure: OnFailure = OnFailure.SKIP
    experiment_id: str | None = None
    """The experiment that ran when the plan was loaded."""
    variant: str | None = None
    """Which of the plan's variants these steps are; None: it has none."""


@dataclass(frozen=True)
class PlannedArm:
    """What an experiment has a customer's journey follow."""

    experiment_id: str | None = None
    variant: str | None = None


NO_EXPERIMENT = PlannedArm()


@dataclass(frozen=True)
class Departure:
    """When the customer left, and how far later events may postpone what follows."""

    left_at: datetime
    """What the delays count from."""
    first_left_at: datetime
    trigger_at: datetime

    def wanted_at(self, after: timedelta, max_event_age: timedelta) -> datetime:
        """When a message is wanted: postponed by `max_event_age` after the trigger at most."""
        latest = max(self.first_left_at + after, self.trigger_at + max_event_age)
        return min(self.left_at + after, latest)


def make_plan(
    config: StoreConfig,
    kind: str,
    departure: Departure,
    customer_zone: str | None,
    arm: PlannedArm = NO_EXPERIMENT,
) -> JourneyPlan:
    """Apply a store's configuration, as it is now, to a trigger.

    Args:
        config: the store's.
        kind: of the trigger. Without a plan for it the result has no steps.
        departure: when the customer left.
        customer_zone: the IANA zone of the customer's phone, if that is certain.
        arm: the customer's, of the plan's experiment.
    """
    plan = config.plan_for(kind)
    steps = plan.steps_of(arm.variant) if plan else []
    zone = customer_zone or config.timezone
    planned = JourneyPlan(
        steps=[
            _planned(config, step, (number, len(steps)), departure, zone)
            for number, step in enumerate(steps, start=1)
        ],
        experiment_id=arm.experiment_id,
        variant=arm.variant,
    )
    return planned if config.exit_api is None else _with_exit_check(planned, config.exit_api)


def _with_exit_check(plan: JourneyPlan, exit_api: ExitApi) -> JourneyPlan:
    timeout, on_failure = exit_api.timeout, exit_api.on_failure
    return plan.model_copy(update={"exit_check_timeout": timeout, "on_failure": on_failure})


def _planned(
    config: StoreConfig, step: Step, position: tuple[int, int], departure: Departure, zone: str
) -> PlannedStep:
    number, of = position
    wanted = departure.wanted_at(step.after, config.max_event_age)
    due = due_at(wanted, config.quiet_hours, zone)
    return PlannedStep(
        number=number,
        of=of,
        definition=step,
        wanted_at=wanted,
        due_at=due,
        label=message_label(number, of, due, departure.left_at, zone),
    )
