"""How far a journey is in its plan, and what became of its messages."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel

from domain.answers import MessageFailed, SendAnswer, SendStatus
from domain.fallbacks import WHATSAPP, OtherChannel
from domain.outcomes import Decision, Ending, Evidence, Outcome, Reason
from domain.planning import JourneyPlan, PlannedStep
from domain.stores import OnFailure

MOST_REMEMBERED = 200
"""Seen event ids and decisions kept in memory: bounded, since a journey may be long."""

AFTER_MARKETING_LIMIT = timedelta(hours=24)
"""Meta: who had enough marketing is not to be tried again within 24 hours."""

GIVE_UP_AFTER = timedelta(days=2)
"""A message that is put off for longer than this is left out: every journey ends."""

_GONE = Reason.UNREACHABLE


class Progress(BaseModel):
    """A plan, the step whose turn it is, and the decisions so far."""

    plan: JourneyPlan | None = None
    steps_done: int = 0
    messages_sent: int = 0
    last_skip: Decision | None = None
    not_before: AwareDatetime | None = None
    """The next step was put off until then."""
    deferred_since: AwareDatetime | None = None
    deferrals: int = 0
    fallback: int = 0
    """Which of the step's messages was fallen back to: 0 none, 1 its first fallback."""
    fallback_because: Reason | None = None
    """The failure that led there."""
    sent_fallback: int = 0
    """The same of the message that was sent last."""
    sent_step: int | None = None
    """The step of that message; None: of an older release, which did not say."""
    watched_until: AwareDatetime | None = None
    """So long a failure of the last message still leads to a fallback."""
    unreachable: bool = False
    """WhatsApp does not reach the customer: what is left are channels."""
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
        if self.unreachable and self.fallback == 0:
            return step.step.fallback_after(0, _GONE, only_channels=True)
        return min(self.fallback, len(step.step.fallbacks))  # of a plan that was loaded again

    def turn_because(self) -> Reason:
        """Why a fallback has its turn."""
        return self.fallback_because if self.fallback and self.fallback_because else _GONE

    def told(self, step: PlannedStep) -> str:
        """What operators read where a message is sent: `message 1 of 2, …: cart_reminder`."""
        number = self.turn_of(step) or 0
        return f"{step.label}: {_by(step, number) if number else step.step.template}"

    def hopeless(self, step: PlannedStep, now: datetime) -> Reason | None:
        """Why this message will never be sent."""
        return step.hopeless(now) or (_GONE if self.turn_of(step) is None else None)

    def time_to(self, step: PlannedStep, now: datetime) -> timedelta:
        """How long to wait before this step; nothing when it is hopeless already."""
        if self.hopeless(step, now):
            return timedelta(0)
        return max(step.due_at, self.not_before or step.due_at) - now

    def watch(self, now: datetime) -> timedelta:
        """For how long yet Meta may tell a failure that leads to a fallback."""
        return max((self.watched_until or now) - now, timedelta(0))

    # What becomes of messages

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
            case SendStatus.ENDED if reason is _GONE and self._has_channels(self.steps_done + 1):
                self.skip(step, reason, answer.evidence, now)
            case SendStatus.ENDED:
                return Ending(outcome=answer.outcome, reason=reason, evidence=answer.evidence)
        return None

    def _sent(self, step: PlannedStep, answer: SendAnswer, now: datetime) -> None:
        """It went out, or may have: either way it is never sent again."""
        number = self.turn_of(step) or 0
        self._step_done()
        self.messages_sent += 1
        self.sent_step, self.sent_fallback = step.number, number
        watched = step.step.is_watched(number)
        self.watched_until = now + step.step.fallback_within if watched else None
        unsure = answer.status is SendStatus.UNKNOWN
        decision = "message_unconfirmed" if unsure else "message_sent"
        by = {"by": _by(step, number)} if number else {}
        self.note(now, decision, step.label, {**answer.evidence, **by})

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
        self._no_longer_put_off()
        self.fallback = 0

    def _no_longer_put_off(self) -> None:
        self.not_before, self.deferred_since, self.deferrals = None, None, 0

    # What is sent instead

    def fall_back(
        self, step: PlannedStep, failure: Reason | None, evidence: Evidence, now: datetime
    ) -> bool:
        """Give the turn to what the step has for such a failure, if it has anything."""
        tried = self.turn_of(step)
        self.unreachable = self.unreachable or failure is _GONE
        number = self._fallback_after(step, tried or 0, failure)
        if failure is None or number is None:
            return False
        self.fallback, self.fallback_because = number, failure
        self._no_longer_put_off()
        to = {"message": step.label, "to": _by(step, number)}
        self.note(now, "fell_back", failure, {**to, **evidence})
        return True

    def _fallback_after(self, step: PlannedStep, tried: int, failure: Reason | None) -> int | None:
        gone = self.unreachable or failure is _GONE
        return step.step.fallback_after(tried, failure, only_channels=gone)

    def _has_channels(self, steps_done: int) -> bool:
        """Whether a step after so many can go to somebody whom WhatsApp does not reach."""
        left = self.rules.steps[steps_done:]
        return any(each.step.fallback_after(0, _GONE) is not None for each in left)

    def hear_failure(self, failed: MessageFailed, now: datetime) -> Ending | None:
        """Decide on a failure told later: a fallback, another try, the end for an address."""
        evidence = {"message_id": failed.message_id, "step": str(failed.step)}
        self.note(now, "message_failed", failed.reason, evidence)
        if self._falls_back_late(failed, evidence, now):
            return None
        if failed.reason is _GONE:
            self.unreachable = True
            if not self._has_channels(self.steps_done):
                return Ending(outcome=Outcome.SKIPPED, reason=_GONE, evidence=evidence)
        if failed.reason is Reason.MARKETING_LIMIT:
            self._try_again_later(failed, now)
        return None

    def _falls_back_late(self, failed: MessageFailed, evidence: Evidence, now: datetime) -> bool:
        if not (self._is_last(failed) and self.watch(now)):
            return False
        step = self.rules.steps[failed.step - 1]
        if self._fallback_after(step, failed.fallback, failed.reason) is None:
            return False
        self._take_back(failed)
        return self.fall_back(step, failed.reason, evidence, now)

    def _try_again_later(self, failed: MessageFailed, now: datetime) -> None:
        """Send the last message again a day later, unless the next one comes before that."""
        again_at, upcoming = failed.at + AFTER_MARKETING_LIMIT, self.next_step()
        if not self._is_last(failed) or (upcoming and upcoming.due_at <= again_at):
            return
        self._take_back(failed)
        self.not_before = again_at
        self.note(now, "message_deferred", failed.reason, {"until": again_at.isoformat()})

    def _is_last(self, failed: MessageFailed) -> bool:
        """Whether that message was the last, and nothing has been left out since."""
        sent = (self.sent_step or self.steps_done, self.sent_fallback)
        is_last = (failed.step, failed.fallback) == sent and failed.step == self.steps_done
        return is_last and failed.step <= len(self.rules.steps)

    def _take_back(self, failed: MessageFailed) -> None:
        self.steps_done -= 1
        self.messages_sent -= 1
        self.fallback, self.watched_until = failed.fallback, None

    def plan_done(self) -> Ending:
        """The ending of a journey that went through its plan."""
        if self.messages_sent or self.last_skip is None:
            return Ending(outcome=Outcome.MESSAGED, reason=Reason.PLAN_DONE)
        skip = self.last_skip
        return Ending(outcome=Outcome.SKIPPED, reason=Reason(skip.because), evidence=skip.evidence)

    def note(self, now: datetime, decision: str, because: str, evidence: Evidence) -> None:
        """Write a decision down."""
        entry = Decision(at=now, decision=decision, because=because, evidence=evidence)
        self.decisions = [*self.decisions, entry][-MOST_REMEMBERED:]


def _by(step: PlannedStep, number: int) -> str:
    """What sends a message, as operators read it."""
    message = step.step.message(number)
    if isinstance(message, OtherChannel):
        return f"channel {message.channel}"
    return f"{WHATSAPP} template {message.template}"
