"""A journey's whole state, in one serialisable model, and what each fact does to it."""

from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from pydantic import AwareDatetime, Field

from domain.answers import ExitCheckAnswer, MessageFailed
from domain.buffer import Settled, essential
from domain.events import JourneyEvent
from domain.kinds import OPT_OUT, Kind
from domain.later_events import About, Postpone, review, review_found
from domain.outcomes import Ending, Outcome, Reason, Stage, about
from domain.planning import JourneyPlan, PlannedStep
from domain.progress import Progress
from domain.questions import SendRequest
from domain.stores import LowerIntent
from domain.turns import MOST_REMEMBERED


class JourneyState(Progress):
    """Everything a journey knows. It is the workflow's input and survives continue-as-new."""

    store_id: str
    customer_id: str
    buffer: timedelta
    pending: list[JourneyEvent] = Field(default_factory=list)
    """Received and not yet looked at; while buffering, the buffer."""
    seen: list[str] = Field(default_factory=list)
    failures: list[MessageFailed] = Field(default_factory=list)
    """Of messages that were sent, told and not yet looked at."""
    exit: JourneyEvent | None = None
    """An operator's exit or an opt-out, once there is one."""
    trigger: JourneyEvent | None = None
    left_at: AwareDatetime | None = None
    ending: Ending | None = None

    @property
    def stage(self) -> Stage:
        """Where the journey is."""
        if self.ending is not None:
            return Stage.CLOSED
        return Stage.BUFFERING if self.trigger is None else Stage.WAITING

    def subject(self) -> About:
        """What a waiting journey is about.

        Raises:
            ValueError: the buffer has not passed yet.
        """
        if self.trigger is None or self.left_at is None:
            raise ValueError("a buffering journey is not about anything yet")
        return About(self.trigger, self.left_at, self.rules.lower_intent_events)

    def subject_when_over(self) -> About:
        """As `subject`, for events that come too late for it: none is ignored then.

        Raises:
            ValueError: the buffer has not passed yet.
        """
        return replace(self.subject(), lower_intent_events=LowerIntent.EXIT)

    # What happens to a journey

    def receive(self, event: JourneyEvent) -> None:
        """Take in a pushed event, unless it was received before."""
        if self._is_new(event):
            self.pending.append(event)

    def request_exit(self, event: JourneyEvent) -> None:
        """Take in an operator's exit, or an opt-out."""
        if self._is_new(event):
            self.exit = event

    def _is_new(self, event: JourneyEvent) -> bool:
        new = event.event_id not in self.seen
        if new:
            self.seen = [*self.seen, event.event_id][-MOST_REMEMBERED:]
        return new

    def has_news(self) -> bool:
        """Whether something was received that has not been looked at."""
        return bool(self.pending) or bool(self.failures) or self.exit is not None

    def receive_failure(self, failed: MessageFailed) -> None:
        """Take in that a sent message could not be delivered, unless it is known."""
        if failed not in self.failures:
            self.failures.append(failed)

    def name_subject(self) -> None:
        """For a journey that ends in its buffer: what it would have been about, as it looks."""
        if self.trigger is None and self.pending:
            self.trigger = self.likely_trigger()
            self.left_at = max(event.at for event in self.pending)

    def likely_trigger(self) -> JourneyEvent | None:
        """What a journey is about, or what it seems to be while it buffers."""
        if self.trigger is not None:
            return self.trigger
        wanted = [event for event in self.pending if event.kind != Kind.ORDER_PLACED]
        key = attrgetter("intent", "at", "event_id")
        return max(wanted or self.pending, key=key, default=None)

    def keep_essential(self) -> None:
        """While the buffer goes on: forget what cannot decide anything, of very many events."""
        if len(self.pending) > MOST_REMEMBERED:
            self.pending = essential(self.pending)

    def take_pending(self) -> list[JourneyEvent]:
        """Hand over what was received and not yet looked at."""
        events, self.pending = self.pending, []
        return events

    def begin(self, settled: Settled, now: datetime) -> None:
        """The buffer has passed: the journey is about this trigger."""
        self.trigger, self.left_at = settled.trigger, settled.left_at
        buffered = {
            "events_in_buffer": str(len(self.take_pending())),
            "left_at": settled.left_at.isoformat(),
        }
        because = "latest event of the highest intent in the buffer"
        self.note(now, "trigger_chosen", because, about(settled.trigger) | buffered)

    def follow(self, plan: JourneyPlan, now: datetime) -> Ending | None:
        """Go by this plan from here on; an ending when it leaves nothing to do."""
        self.plan = plan
        self.turn_found_again()
        if plan.already_handled:
            return Ending(outcome=Outcome.SKIPPED, reason=Reason.ALREADY_HANDLED)
        if not plan.steps:
            return Ending(outcome=Outcome.SKIPPED, reason=Reason.NO_PLAN)
        due = {f"message {step.number}": step.due_at.isoformat() for step in plan.steps}
        self.note(now, "plan_loaded", f"{len(plan.steps)} message(s), due as listed", due)
        return None

    def hear_news(self, now: datetime) -> Ending | Postpone | None:
        """Decide what was pushed since; an exit comes before everything."""
        if self.exit is not None:
            return self.requested_exit()
        if (undeliverable := self._hear_failures(now)) is not None:
            return undeliverable
        events = self.take_pending()
        over = self.next_step() is None
        verdict = review(self.subject_when_over() if over else self.subject(), events)
        if verdict is None and events:
            because = "not later than left_at, or of an intent that this store ignores"
            self.note(now, "events_ignored", because, about(events[-1]))
        if over and isinstance(verdict, Ending):  # only Meta's word was waited for
            return self.plan_done().model_copy(update={"next_events": verdict.next_events})
        return verdict

    def _hear_failures(self, now: datetime) -> Ending | None:
        failed, self.failures = self.failures, []
        trigger = self.subject().trigger.event_id
        return self.hear_failures([one for one in failed if one.trigger_event_id == trigger], now)

    def hear_partner(self, answer: ExitCheckAnswer, now: datetime) -> Ending | Postpone | None:
        """Decide what the exit check found."""
        asked = {
            "found_by": "exit_check",
            "asked_at": (answer.asked_at or now).isoformat(),
            "recent_events": str(answer.seen),
        }
        verdict = review_found(self.subject(), answer.events)
        if isinstance(verdict, Ending):
            return verdict.model_copy(update={"evidence": {**verdict.evidence, **asked}})
        if verdict is None:
            because = "the partner knows of no later event that ends the journey"
            self.note(now, "exit_check_passed", because, asked)
        return verdict

    def requested_exit(self) -> Ending | None:
        """The ending that an operator or an opt-out asked for, if any."""
        if self.exit is None:
            return None
        self.name_subject()
        self.pending = []
        reason = Reason.OPTED_OUT if self.exit.kind == OPT_OUT else Reason.OPERATOR
        return Ending(outcome=Outcome.EXITED, reason=reason, evidence=about(self.exit))

    def postpone(self, verdict: Postpone, now: datetime) -> None:
        """Count the delays from a later event."""
        self.left_at = verdict.left_at
        self.note(now, "postponed", "active again, with lower intent", about(verdict.event))

    def send_request(self, step: PlannedStep) -> SendRequest:
        """What to send: that message of a step which has its turn."""
        subject, number = self.subject(), self.turn_of(step) or 0
        return SendRequest(
            store_id=self.store_id,
            customer_id=self.customer_id,
            trigger_event_id=subject.trigger.event_id,
            kind=subject.trigger.kind,
            step=step,
            fallback=number,
            because=self.turn_because(number),
            waits_for_template=self.waits_for_template(step),
        )

    def next_due(self) -> datetime | None:
        """When the next message's turn comes."""
        step = self.next_step()
        if step is None or self.ending is not None:
            return None
        return max(step.due_at, self.not_before or step.due_at)

    def end(self, ending: Ending, now: datetime) -> None:
        """Close the journey."""
        self.ending = ending
        self.note(now, ending.outcome, ending.reason, ending.evidence)
