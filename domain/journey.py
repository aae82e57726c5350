"""A journey's whole state, in one serialisable model, and what each fact does to it."""

from datetime import datetime, timedelta
from operator import attrgetter

from pydantic import AwareDatetime, BaseModel

from domain.answers import ExitCheckAnswer, MessageFailed, SendAnswer, SendStatus
from domain.buffer import Settled, essential
from domain.events import JourneyEvent
from domain.kinds import OPT_OUT, Kind
from domain.later_events import About, Postpone, review, review_found
from domain.outcomes import (
    Decision,
    Ending,
    Evidence,
    Outcome,
    Reason,
    Stage,
    about,
)
from domain.planning import JourneyPlan, PlannedStep
from domain.stores import OnFailure

MOST_REMEMBERED = 200
"""Seen event ids and decisions kept in memory: bounded, since a journey may be long."""

AFTER_MARKETING_LIMIT = timedelta(hours=24)
"""Meta: who had enough marketing is not to be tried again within 24 hours."""

GIVE_UP_AFTER = timedelta(days=2)
"""A message that is put off for longer than this is left out: every journey ends."""


class JourneyState(BaseModel):
    """Everything a journey knows. It is the workflow's input and survives continue-as-new."""

    store_id: str
    customer_id: str
    buffer: timedelta
    pending: list[JourneyEvent] = []
    """Received and not yet looked at; while buffering, the buffer."""
    seen: list[str] = []
    failures: list[MessageFailed] = []
    """Of messages that were sent, told and not yet looked at."""
    exit: JourneyEvent | None = None
    """An operator's exit or an opt-out, once there is one."""
    trigger: JourneyEvent | None = None
    left_at: AwareDatetime | None = None
    plan: JourneyPlan | None = None
    steps_done: int = 0
    messages_sent: int = 0
    last_skip: Decision | None = None
    not_before: AwareDatetime | None = None
    """The next step was put off until then."""
    deferred_since: AwareDatetime | None = None
    deferrals: int = 0
    decisions: list[Decision] = []
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

    @property
    def rules(self) -> JourneyPlan:
        """The plan in force; before it is loaded, one without steps."""
        return self.plan or JourneyPlan()

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
        verdict = review(self.subject(), events)
        if verdict is None and events:
            because = "not later than left_at, or of an intent that this store ignores"
            self.note(now, "events_ignored", because, about(events[-1]))
        return verdict

    def _hear_failures(self, now: datetime) -> Ending | None:
        """Decide what failed messages mean: the end for an address, or another try later."""
        failed, self.failures = self.failures, []
        trigger = self.subject().trigger.event_id
        for each in (one for one in failed if one.trigger_event_id == trigger):
            evidence = {"message_id": each.message_id, "step": str(each.step)}
            self.note(now, "message_failed", each.reason, evidence)
            if each.reason is Reason.UNREACHABLE:
                return Ending(outcome=Outcome.SKIPPED, reason=each.reason, evidence=evidence)
            if each.reason is Reason.MARKETING_LIMIT:
                self._take_back(each, now)
        return None

    def _take_back(self, failed: MessageFailed, now: datetime) -> None:
        """Send the last message again a day later, unless the next one comes before that."""
        again_at, upcoming = failed.at + AFTER_MARKETING_LIMIT, self.next_step()
        if failed.step != self.steps_done or (upcoming and upcoming.due_at <= again_at):
            return
        self.steps_done -= 1
        self.messages_sent -= 1
        self.not_before = again_at
        self.note(now, "message_deferred", failed.reason, {"until": again_at.isoformat()})

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

    # What becomes of messages

    def next_step(self) -> PlannedStep | None:
        """The step whose turn it is, or None when the plan is done."""
        steps = self.rules.steps
        return steps[self.steps_done] if self.steps_done < len(steps) else None

    def next_due(self) -> datetime | None:
        """When the next message's turn comes."""
        step = self.next_step()
        if step is None or self.ending is not None:
            return None
        return max(step.due_at, self.not_before or step.due_at)

    def time_to(self, step: PlannedStep, now: datetime) -> timedelta:
        """How long to wait before this step; nothing when it is hopeless already."""
        if step.hopeless(now):
            return timedelta(0)
        return max(step.due_at, self.not_before or step.due_at) - now

    def partner_unavailable(self, step: PlannedStep, because: str, now: datetime) -> bool:
        """Nobody could be asked: True when the store sends all the same; else left out."""
        evidence = {"failure": because, "on_failure": self.rules.on_failure.value}
        if self.rules.on_failure is OnFailure.SEND:
            self.note(now, "exit_check_failed", Reason.EXIT_API_UNAVAILABLE, evidence)
            return True
        self.skip(step, Reason.EXIT_API_UNAVAILABLE, evidence, now)
        return False

    def take_answer(self, step: PlannedStep, answer: SendAnswer, now: datetime) -> Ending | None:
        """What became of a message: sent, left out, put off, or the end of the journey."""
        reason = answer.reason or Reason.SEND_FAILED
        match answer.status:
            case SendStatus.ACCEPTED | SendStatus.UNKNOWN:
                self._sent(step, answer, now)
            case SendStatus.SKIPPED:
                self.skip(step, reason, answer.evidence, now)
            case SendStatus.DEFERRED:
                self.defer(step, reason, answer.until or now, now)
            case SendStatus.ENDED:
                return Ending(outcome=answer.outcome, reason=reason, evidence=answer.evidence)
        return None

    def _sent(self, step: PlannedStep, answer: SendAnswer, now: datetime) -> None:
        """It went out, or may have: either way it is never sent again."""
        self._step_done()
        self.messages_sent += 1
        unsure = answer.status is SendStatus.UNKNOWN
        decision = "message_unconfirmed" if unsure else "message_sent"
        self.note(now, decision, step.label, answer.evidence)

    def skip(self, step: PlannedStep, reason: Reason, evidence: Evidence, now: datetime) -> None:
        """Leave one message out, and go on to the next."""
        self._step_done()
        self.note(now, "message_skipped", reason, {"message": step.label, **evidence})
        self.last_skip = self.decisions[-1]

    def defer(self, step: PlannedStep, reason: Reason, until: datetime, now: datetime) -> None:
        """Put one message off, or leave it out when that goes on for too long."""
        self.deferred_since = self.deferred_since or now
        if until - self.deferred_since > GIVE_UP_AFTER:
            self.skip(step, reason, {"deferrals": str(self.deferrals)}, now)
            return
        self.not_before, self.deferrals = until, self.deferrals + 1
        self.note(now, "message_deferred", reason, {"until": until.isoformat()})

    def _step_done(self) -> None:
        self.steps_done += 1
        self.not_before, self.deferred_since, self.deferrals = None, None, 0

    # How a journey ends

    def plan_done(self) -> Ending:
        """The ending of a journey that went through its plan."""
        if self.messages_sent or self.last_skip is None:
            return Ending(outcome=Outcome.MESSAGED, reason=Reason.PLAN_DONE)
        skip = self.last_skip
        return Ending(outcome=Outcome.SKIPPED, reason=Reason(skip.because), evidence=skip.evidence)

    def end(self, ending: Ending, now: datetime) -> None:
        """Close the journey."""
        self.ending = ending
        self.note(now, ending.outcome, ending.reason, ending.evidence)

    def note(self, now: datetime, decision: str, because: str, evidence: Evidence) -> None:
        """Write a decision down."""
        entry = Decision(at=now, decision=decision, because=because, evidence=evidence)
        self.decisions = [*self.decisions, entry][-MOST_REMEMBERED:]
