"""Which message of a plan has its turn: a step's own, or what it falls back to."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel

from domain.outcomes import Decision, Evidence, Reason
from domain.planning import JourneyPlan, PlannedStep
from domain.templates import Template

MOST_REMEMBERED = 200
"""Seen event ids and decisions kept in memory: bounded, since a journey may be long."""

MessageNumber = tuple[int, int]
"""Step, and which of its messages: 0 its own, 1 its first fallback."""


class Turns(BaseModel):
    """A plan, the step whose turn it is and its message, and the decisions so far."""

    plan: JourneyPlan | None = None
    steps_done: int = 0
    fallback: int = 0
    """Which of the step's messages was fallen back to: 0 none, 1 its first fallback."""
    fallback_because: Reason | None = None
    """The failure that led there."""
    unreachable: bool = False
    """WhatsApp does not reach the customer: what is left are channels."""
    last_sent: MessageNumber | None = None
    """The last message, unless it was taken back. None: an older release did not say."""
    watched: MessageNumber | None = None
    """A message of which a failure that Meta tells yet leads to a fallback."""
    watched_until: AwareDatetime | None = None
    decisions: list[Decision] = []

    @property
    def rules(self) -> JourneyPlan:
        """The plan in force; before it is loaded, one without steps."""
        return self.plan or JourneyPlan()

    def next_step(self) -> PlannedStep | None:
        """The step whose turn it is, or None when the plan is done."""
        steps = self.rules.steps
        return steps[self.steps_done] if self.steps_done < len(steps) else None

    def turn_of(self, step: PlannedStep) -> int | None:
        """Which of the step's messages has its turn; None: none can reach the customer."""
        number = min(self.fallback, len(step.step.fallbacks))
        if self.unreachable and isinstance(step.step.message(number), Template):
            return step.step.fallback_after(number, Reason.UNREACHABLE)
        return number

    def turn_because(self, number: int) -> Reason | None:
        """Why that message of the step has its turn; None: it is the step's own."""
        if number == 0:
            return None
        return self.fallback_because if number == self.fallback else Reason.UNREACHABLE

    def waits_for_template(self, step: PlannedStep) -> bool:
        """Whether the message waits while its template is held, since nothing else is for that."""
        return self.next_for(step, self.turn_of(step) or 0, Reason.TEMPLATE_HELD) is None

    def told(self, step: PlannedStep) -> str:
        """What operators read where a message is sent: `message 1 of 2, …: cart_reminder`."""
        return f"{step.label}: {step.sender(self.turn_of(step) or 0)}"

    def next_for(self, step: PlannedStep, tried: int, failure: Reason | None) -> int | None:
        """What the step has for a failure of that message of its own; None: nothing."""
        return step.step.fallback_after(tried, failure, only_channels=self.unreachable)

    def watch(self, now: datetime) -> timedelta:
        """For how long yet Meta may tell a failure that leads to a fallback."""
        return max((self.watched_until or now) - now, timedelta(0))

    def turn_found_again(self) -> None:
        """The plan was loaded again: what was fallen back to may stand elsewhere in it."""
        step = self.next_step()
        if step is not None and self.fallback:
            self.fallback = self.next_for(step, self.fallback - 1, self.fallback_because) or 0

    def note(self, now: datetime, decision: str, because: str, evidence: Evidence) -> None:
        """Write a decision down."""
        entry = Decision(at=now, decision=decision, because=because, evidence=evidence)
        self.decisions = [*self.decisions, entry][-MOST_REMEMBERED:]
