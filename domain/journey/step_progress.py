"""How far a journey is in its plan: the current step, its current message, what was sent."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel

from domain.journey.outcomes import Decision, Reason
from domain.journey.plan import JourneyPlan, PlannedStep
from domain.messages.message import ChannelMessage
from domain.messages.templates import TemplateMessage

MessageNumber = tuple[int, int]
"""Step, and which of its messages: 0 its own, 1 its first fallback."""


class StepProgress(BaseModel):
    """A plan, and how far it is done."""

    plan: JourneyPlan = JourneyPlan()
    steps_done: int = 0
    fallback: int = 0
    """The current message of the current step: 0 its own, 1 its first fallback."""
    fallback_because: Reason | None = None
    """The failure that led to the fallback."""
    unreachable: bool = False
    """WhatsApp does not reach the customer: only channels are left."""
    messages_sent: int = 0
    last_sent: MessageNumber | None = None
    """The last message, unless it was taken back."""
    last_skip: Decision | None = None
    awaited: MessageNumber | None = None
    """A message whose failure, reported late, leads to a fallback."""
    awaited_until: AwareDatetime | None = None
    not_before: AwareDatetime | None = None
    """The current step was deferred until then."""
    deferred_since: AwareDatetime | None = None
    deferrals: int = 0

    # Where the journey is

    def next_step(self) -> PlannedStep | None:
        """The current step, or None when the plan is done."""
        steps = self.plan.steps
        return steps[self.steps_done] if self.steps_done < len(steps) else None

    def current_message(self, step: PlannedStep) -> int | None:
        """The number of the step's current message; None: none can reach the customer."""
        number = min(self.fallback, len(step.definition.fallbacks))
        by_whatsapp = isinstance(step.definition.message_at(number), TemplateMessage)
        if self.unreachable and by_whatsapp:
            return step.definition.fallback_after(number, Reason.UNREACHABLE)
        return number

    def current_number(self, step: PlannedStep) -> int:
        """As `current_message`; 0 where none can reach the customer."""
        return self.current_message(step) or 0

    def because_of(self, number: int) -> Reason | None:
        """The failure that led to that message of the current step; None for its own."""
        if number == 0:
            return None
        return self.fallback_because if number == self.fallback else Reason.UNREACHABLE

    def fallback_for(self, step: PlannedStep, tried: int, failure: Reason | None) -> int | None:
        """The message that the step has for a failure of that message; None if it has none."""
        return step.definition.fallback_after(tried, failure, only_channels=self.unreachable)

    def waits_for_template(self, step: PlannedStep) -> bool:
        """Whether the message waits while its template is held: the step has no fallback for it."""
        number = self.current_number(step)
        return self.fallback_for(step, number, Reason.TEMPLATE_HELD) is None

    def summary(self, step: PlannedStep) -> str:
        """What operators read where a message is sent: `message 1 of 2, …: cart_reminder`."""
        return f"{step.label}: {step.sender(self.current_number(step))}"

    def next_due(self) -> datetime | None:
        """When the current step's message is due."""
        step = self.next_step()
        return None if step is None else self._due(step)

    def _due(self, step: PlannedStep) -> datetime:
        return max(step.due_at, self.not_before or step.due_at)

    def unsendable_reason(self, step: PlannedStep, now: datetime) -> Reason | None:
        """Why the step's message will never be sent."""
        unreachable = self.current_message(step) is None
        return step.unsendable_reason(now) or (Reason.UNREACHABLE if unreachable else None)

    def time_until(self, step: PlannedStep, now: datetime) -> timedelta:
        """How long to wait before this step; zero if its message will never be sent."""
        if self.unsendable_reason(step, now):
            return timedelta(0)
        return self._due(step) - now

    def fallback_window(self, now: datetime) -> timedelta:
        """How much longer a failure that Meta reports late leads to a fallback."""
        return max((self.awaited_until or now) - now, timedelta(0))

    def may_still_reach(self, steps_done: int, now: datetime) -> bool:
        """Whether a customer whom WhatsApp does not reach may get a message after those steps."""
        remaining = self.plan.steps[steps_done:]
        by_channel = any(_has_channel(step) for step in remaining)
        return by_channel or self.fallback_window(now) > timedelta(0)

    def is_last(self, number: MessageNumber) -> bool:
        """Whether that is the last message, and its step the last one done."""
        return number == self.last_sent and number[0] == self.steps_done

    # What happens to it

    def follow(self, plan: JourneyPlan) -> None:
        """Follow this plan from here on; a fallback in use may stand elsewhere in it."""
        self.plan = plan
        step = self.next_step()
        if step is not None and self.fallback:
            self.fallback = self.fallback_for(step, self.fallback - 1, self.fallback_because) or 0

    def sent(self, step: PlannedStep, now: datetime) -> None:
        """The current message went out, or may have: it is never sent again."""
        number = self.current_number(step)
        self._step_done()
        self.messages_sent += 1
        self.last_sent = (step.number, number)
        awaits = step.definition.awaits_late_failures(number)
        self.awaited = self.last_sent if awaits else None
        self.awaited_until = now + step.definition.fallback_within if awaits else None

    def skipped(self, decision: Decision) -> None:
        """The current step's message was left out. Of a held-out customer, that is the reason."""
        self._step_done()
        if self.last_skip is None or self.last_skip.because != Reason.WITHHELD:
            self.last_skip = decision

    def deferred(self, until: datetime, now: datetime) -> None:
        """The current step's message waits until then."""
        self.deferred_since = self.deferred_since or now
        self.not_before, self.deferrals = until, self.deferrals + 1

    def fell_back(self, number: int, because: Reason) -> None:
        """That message of the current step is the current one."""
        self.fallback, self.fallback_because = number, because
        self._reset_deferral()

    def take_back(self, sent: MessageNumber) -> None:
        """A sent message reached no one: its step is the current one again."""
        self._reset_deferral()
        step, self.fallback = sent
        self.steps_done = step - 1
        self.messages_sent -= 1
        self.last_sent = (0, 0)

    def stop_awaiting(self) -> None:
        """No late failure leads to a fallback any more."""
        self.awaited, self.awaited_until = None, None

    def _step_done(self) -> None:
        self.steps_done += 1
        self.fallback = 0
        self._reset_deferral()

    def _reset_deferral(self) -> None:
        self.not_before, self.deferred_since, self.deferrals = None, None, 0


def _has_channel(step: PlannedStep) -> bool:
    """Whether the step can reach a person whom WhatsApp does not reach."""
    first_by_channel = isinstance(step.definition.message, ChannelMessage)
    return first_by_channel or step.definition.fallback_after(0, Reason.UNREACHABLE) is not None
