"""A journey's whole state in one serialisable model: the workflow's input and query result."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from pydantic import AwareDatetime, BaseModel, Field

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import OPT_OUT, EventKind
from domain.journey.activity_results import LoadedPlan, MessageFailed
from domain.journey.buffer import (
    Settled,
    last_active,
    latest_per_kind,
    with_accepted,
    without_handled,
)
from domain.journey.decision_log import DecisionLog
from domain.journey.later_events import JourneySubject, Postpone
from domain.journey.outcomes import Decision, Ending, Held, Outcome, Reason, Stage, evidence_of
from domain.journey.policy import JourneyPolicy
from domain.journey.rules import Rules, rules_of
from domain.journey.step_progress import StepProgress
from domain.stores.config import LowerIntent, Unplanned

MAX_SEEN = 500
"""Event ids that a journey remembers: more than the usual signals of one buffer (`MAX_SIGNALS`)."""


class JourneyState(BaseModel):
    """Everything that a journey knows. It survives continue-as-new."""

    store_id: str
    customer_id: str
    rules_version: int = 1
    """The rules that this journey began with, and decides by to its end."""
    buffer: timedelta
    policy: JourneyPolicy = JourneyPolicy()
    """The store's, from when the journey began or its plan was last loaded."""
    pending: list[JourneyEvent] = Field(default_factory=list)
    """Received and not yet processed; while buffering, the buffer."""
    seen: list[str] = Field(default_factory=list)
    failures: list[MessageFailed] = Field(default_factory=list)
    """Of sent messages, reported late and not yet processed."""
    exit: JourneyEvent | None = None
    """An operator's exit or an opt-out, once there is one."""
    trigger: JourneyEvent | None = None
    left_at: AwareDatetime | None = None
    first_left_at: AwareDatetime | None = None
    """Before later events postponed the journey."""
    ending: Ending | None = None
    held: Held | None = None
    """What the journey waits for, while it holds."""
    progress: StepProgress = Field(default_factory=StepProgress)
    log: DecisionLog = Field(default_factory=DecisionLog)

    @property
    def rules(self) -> Rules:
        """The decisions of the version that this journey began with."""
        return rules_of(self.rules_version)

    @property
    def stage(self) -> Stage:
        """Where the journey is."""
        if self.ending is not None:
            return Stage.CLOSED
        if self.trigger is None:
            return Stage.BUFFERING
        return Stage.WAITING if self.held is None else Stage.HELD

    @property
    def decisions(self) -> list[Decision]:
        """Everything that the journey decided so far."""
        return self.log.entries

    def subject(self) -> JourneySubject:
        """What a waiting journey is about.

        Raises:
            ValueError: the buffer has not passed yet.
        """
        if self.trigger is None or self.left_at is None:
            raise ValueError("a buffering journey has no subject yet")
        return JourneySubject(self.trigger, self.left_at, self.policy)

    def subject_when_over(self) -> JourneySubject:
        """As `subject`, for events that come too late for it: all that may be triggers count.

        Raises:
            ValueError: the buffer has not passed yet.
        """
        when_over = {"lower_intent_events": LowerIntent.EXIT, "unplanned_events": Unplanned.IGNORE}
        return replace(self.subject(), policy=self.policy.model_copy(update=when_over))

    # What is received

    def receive(self, event: JourneyEvent) -> None:
        """Take in a pushed event, unless it was received before."""
        if self._is_new(event):
            self.pending.append(event)

    def take_in(self, events: Iterable[JourneyEvent]) -> None:
        """Take in events that were handed over: their signals, if they come, are not new."""
        handed_over = {event.event_id: event for event in events}
        for event in handed_over.values():
            self._is_new(event)
        self.pending = [each for each in self.pending if each.event_id not in handed_over]

    def request_exit(self, event: JourneyEvent) -> None:
        """Take in an operator's exit, or an opt-out."""
        if self._is_new(event):
            self.exit = event

    def receive_failure(self, failed: MessageFailed) -> None:
        """Take in that a sent message could not be delivered, unless it is known."""
        if failed not in self.failures:
            self.failures.append(failed)

    def _is_new(self, event: JourneyEvent) -> bool:
        new = event.event_id not in self.seen
        if new:
            self.seen = [*self.seen, event.event_id][-MAX_SEEN:]
        return new

    def has_pending(self) -> bool:
        """Whether something was received that has not been processed."""
        return bool(self.pending) or bool(self.failures) or self.exit is not None

    def take_pending(self) -> list[JourneyEvent]:
        """Hand over the events that were received and not yet processed."""
        events, self.pending = self.pending, []
        return events

    def take_failures(self) -> list[MessageFailed]:
        """Hand over the unprocessed failures that are about this journey's messages."""
        failures, self.failures = self.failures, []
        trigger_event_id = self.subject().trigger.event_id
        return [failed for failed in failures if failed.trigger_event_id == trigger_event_id]

    # The buffer

    def likely_trigger(self) -> JourneyEvent | None:
        """The trigger, or what looks like it while the journey buffers."""
        if self.trigger is not None:
            return self.trigger
        others = [event for event in self.pending if event.kind != EventKind.ORDER_PLACED]
        candidates = [event for event in others if self.policy.is_planned(event)] or others
        key = attrgetter("intent", "at", "event_id")
        return max(candidates or self.pending, key=key, default=None)

    def shorten_buffer(self) -> None:
        """Of very many events, keep those that can decide something."""
        if len(self.pending) > MAX_SEEN:
            self.pending = latest_per_kind(self.pending)

    def end_in_buffer(self) -> Sequence[JourneyEvent]:
        """Empty the buffer of a journey that ends in it, and name the likely trigger."""
        if self.trigger is None and self.pending:
            self.trigger = self.likely_trigger()
            self.left_at = last_active(self.pending, self.policy)
        return self.take_pending()

    def amend_buffer(self, loaded: LoadedPlan) -> None:
        """Add what was accepted meanwhile, and take out what an earlier journey had."""
        self.policy = loaded.policy
        for event in loaded.accepted:
            self._is_new(event)
        pending = with_accepted(self.pending, loaded.accepted)
        late = (event.event_id for event in pending if loaded.comes_too_late(event))
        left = without_handled(pending, frozenset({*loaded.handled, *late}))
        if not left:
            self.end_in_buffer()
        self.pending = left

    def begin(self, settled: Settled, now: datetime) -> None:
        """The buffer has passed: the journey is about this trigger."""
        self.trigger, self.left_at = settled.trigger, settled.left_at
        self.first_left_at = settled.left_at
        buffered = {
            "events_in_buffer": str(len(self.take_pending())),
            "left_at": settled.left_at.isoformat(),
        }
        because = "latest event of the highest intent in the buffer"
        self.log.note(now, "trigger_chosen", because, evidence_of(settled.trigger) | buffered)

    # The way through the plan

    def follow(self, loaded: LoadedPlan, now: datetime) -> Ending | None:
        """Follow this plan from here on; an ending when it leaves nothing to do."""
        plan, self.policy = loaded.plan, loaded.policy
        self.progress.follow(plan)
        if not plan.steps:
            return Ending(outcome=Outcome.SKIPPED, reason=Reason.NO_PLAN)
        due = {f"message {step.number}": step.due_at.isoformat() for step in plan.steps}
        due |= {} if plan.variant is None else {"variant": plan.variant}
        self.log.note(now, "plan_loaded", f"{len(plan.steps)} message(s), due as listed", due)
        return None

    def hold(self, held: Held) -> None:
        """Wait until the store or template is resumed."""
        self.held = held
        because = {"because": held.because, "template": held.template}
        evidence = {name: value for name, value in because.items() if value is not None}
        self.log.note(held.since, "held", held.reason, evidence)

    def postpone(self, postponement: Postpone, now: datetime) -> None:
        """Count the delays from a later event."""
        self.left_at = postponement.left_at
        evidence = evidence_of(postponement.event) | dict(postponement.evidence)
        self.log.note(now, "postponed", "active again: the delays count from here", evidence)

    def next_due(self) -> datetime | None:
        """When the next message is due; None while it is held."""
        over_or_held = self.ending is not None or self.held is not None
        return None if over_or_held else self.progress.next_due()

    # The end

    def requested_exit(self) -> Ending | None:
        """The ending that an operator or an opt-out asked for, if any."""
        if self.exit is None:
            return None
        self.end_in_buffer()
        reason = Reason.OPTED_OUT if self.exit.kind == OPT_OUT else Reason.OPERATOR
        return Ending(outcome=Outcome.EXITED, reason=reason, evidence=evidence_of(self.exit))

    def end(self, ending: Ending, now: datetime) -> None:
        """Close the journey."""
        self.ending, self.held = ending, None
        self.log.note(now, ending.outcome, ending.reason, ending.evidence)
