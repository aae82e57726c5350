"""One journey of the sample store, decided by the very code that decides real ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cli.demo.sample.shop import STORE_ID, SampleShop
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import OPT_OUT
from domain.journey.activity_results import (
    DeliverResult,
    ExitCheckResult,
    LoadedPlan,
    SendResult,
    SendStatus,
)
from domain.journey.buffer import Settled
from domain.journey.closing import record
from domain.journey.delivery import apply_delivery, plan_done
from domain.journey.outcomes import ClosedJourney, Ending, Outcome, Reason
from domain.journey.plan import Departure, PlannedStep, make_plan
from domain.journey.rules import NEWEST_RULES
from domain.journey.state import JourneyState

MOMENT: Final = timedelta(seconds=2)
"""From something happening to a journey having decided on it."""


class JourneyRun:
    """A journey from the end of its buffer to its end."""

    def __init__(
        self, shop: SampleShop, customer_id: str, trigger: JourneyEvent, variant: str | None
    ) -> None:
        """Wait out the buffer, and load the plan."""
        config, at = shop.config, trigger.at
        self.trigger = trigger
        self.run_id = shop.hashed(f"run:{trigger.event_id}")
        self._state = JourneyState(
            store_id=STORE_ID,
            customer_id=customer_id,
            rules_version=NEWEST_RULES,
            buffer=config.buffer,
            policy=shop.policy,
        )
        self._state.receive(trigger)
        begins = at + config.buffer
        self._state.begin(Settled(trigger, at), begins)
        arm = shop.arm(trigger.kind, variant)
        plan = make_plan(config, trigger.kind, Departure(at, at, at), None, arm)
        self._state.follow(LoadedPlan(plan=plan, policy=shop.policy), begins)
        self._closed: ClosedJourney | None = None

    @property
    def customer_id(self) -> str:
        """Whose it is."""
        return self._state.customer_id

    @property
    def steps(self) -> Sequence[PlannedStep]:
        """The messages of the plan."""
        return self._state.progress.plan.steps

    @property
    def closed(self) -> ClosedJourney:
        """The journey, once it has ended.

        Raises:
            LookupError: it has not.
        """
        if self._closed is None:
            raise LookupError("the journey is open")
        return self._closed

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self._closed is not None

    def told(self, event: JourneyEvent) -> None:
        """The partner posted what ends the journey."""
        self._end(self._state.rules.review(self._state.subject(), [event]), event.at + MOMENT)

    def opted_out(self, event_id: str, at: datetime) -> None:
        """The shopper said STOP."""
        self._state.exit = JourneyEvent(event_id=event_id, kind=OPT_OUT, at=at, intent=0)
        self._end(self._state.requested_exit(), at + MOMENT)

    def found(self, step: PlannedStep, event: JourneyEvent) -> None:
        """The exit check before a step's message found what ends the journey."""
        self._deliver(step, self._check(step, [event]), None)

    def unanswered(self, step: PlannedStep) -> None:
        """The exit check before a step's message was not answered."""
        at = step.due_at + MOMENT
        self._deliver(step, ExitCheckResult(asked_at=at, failure="no answer within 5s"), None)

    def sent(
        self, step: PlannedStep, evidence: dict[str, str], *, unconfirmed: bool = False
    ) -> None:
        """Meta took a step's message, or may have."""
        status = SendStatus.UNKNOWN if unconfirmed else SendStatus.ACCEPTED
        self._deliver(step, self._check(step), SendResult(status=status, evidence=evidence))

    def skipped(self, step: PlannedStep, reason: Reason, **evidence: str) -> None:
        """A step's message was left out."""
        left_out = SendResult(status=SendStatus.SKIPPED, reason=reason, evidence=evidence)
        self._deliver(step, self._check(step), left_out)

    def refused(self, step: PlannedStep, outcome: Outcome, reason: Reason, **evidence: str) -> None:
        """What became of a step's message ends the journey."""
        ended = SendResult(
            status=SendStatus.ENDED, outcome=outcome, reason=reason, evidence=evidence
        )
        self._deliver(step, self._check(step), ended)

    def _check(self, step: PlannedStep, events: Sequence[JourneyEvent] = ()) -> ExitCheckResult:
        return ExitCheckResult(events=list(events), seen=1 + len(events), asked_at=step.due_at)

    def _deliver(self, step: PlannedStep, check: ExitCheckResult, send: SendResult | None) -> None:
        """Decide as a journey does, and end it after its last step."""
        now = step.due_at + MOMENT
        decision = apply_delivery(self._state, step, DeliverResult(check=check, send=send), now)
        if isinstance(decision, Ending):
            self._end(decision, now)
        elif self._state.progress.next_step() is None:
            self._end(plan_done(self._state.progress), now)

    def _end(self, ending: Any, now: datetime) -> None:
        if not isinstance(ending, Ending):
            raise TypeError(f"{ending} does not end the journey")
        self._state.end(ending, now)
        self._closed = record(self._state, self.run_id, now).journey
