"""How far a journey is in its plan, and what became of its messages."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from domain.answers import EARLIER_OUTCOME, MessageFailed, SendAnswer, SendStatus
from domain.outcomes import Decision, Ending, Evidence, Outcome, Reason
from domain.planning import PlannedStep
from domain.stores import OnFailure
from domain.turns import MessageNumber, Turns

AFTER_MARKETING_LIMIT = timedelta(hours=24)
"""Meta: who had enough marketing is not to be tried again within 24 hours."""

GIVE_UP_AFTER = timedelta(days=2)
"""A message that is put off for longer than this is left out: every journey ends."""

_NONE: MessageNumber = (0, 0)
_GONE = Reason.UNREACHABLE


class Progress(Turns):
    """How far a plan is done: what was sent, left out, put off, or failed later."""

    messages_sent: int = 0
    last_skip: Decision | None = None
    not_before: AwareDatetime | None = None
    """The next step was put off until then."""
    deferred_since: AwareDatetime | None = None
    deferrals: int = 0

    def hopeless(self, step: PlannedStep, now: datetime) -> Reason | None:
        """Why this message will never be sent."""
        return step.hopeless(now) or (_GONE if self.turn_of(step) is None else None)

    def time_to(self, step: PlannedStep, now: datetime) -> timedelta:
        """How long to wait before this step; nothing when it is hopeless already."""
        if self.hopeless(step, now):
            return timedelta(0)
        return max(step.due_at, self.not_before or step.due_at) - now

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
            case SendStatus.ENDED if reason is _GONE and self._may_reach(self.steps_done + 1, now):
                self.skip(step, reason, answer.evidence, now)
            case SendStatus.ENDED:
                return Ending(outcome=answer.outcome, reason=reason, evidence=answer.evidence)
        return None

    def _sent(self, step: PlannedStep, answer: SendAnswer, now: datetime) -> None:
        """It went out, or may have: either way it is never sent again."""
        number = self.turn_of(step) or 0
        self._step_done()
        self.messages_sent += 1
        self.last_sent = (step.number, number)
        watched = step.step.is_watched(number)
        self.watched = self.last_sent if watched else None
        self.watched_until = now + step.step.fallback_within if watched else None
        unsure = answer.status is SendStatus.UNKNOWN
        decision = "message_unconfirmed" if unsure else "message_sent"
        fell_back = number and EARLIER_OUTCOME not in answer.evidence
        by = {"by": step.sender(number)} if fell_back else {}
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
        tried = self.turn_of(step) or 0
        self.unreachable = self.unreachable or failure is _GONE
        number = self.next_for(step, tried, failure)
        if failure is None or number is None:
            return False
        self.fallback, self.fallback_because = number, failure
        self._no_longer_put_off()
        self._note_turn(step, evidence, now)
        return True

    def _note_turn(self, step: PlannedStep, evidence: Evidence, now: datetime) -> None:
        to = {"message": step.label, "to": step.sender(self.fallback)}
        self.note(now, "fell_back", str(self.fallback_because), {**to, **evidence})

    def hear_failures(self, failures: Sequence[MessageFailed], now: datetime) -> Ending | None:
        """Decide on failures told later: a fallback, another try, the end for an address."""
        for failed in failures:
            self._hear_failure(failed, now)
        gone = next((failed for failed in failures if failed.reason is _GONE), None)
        step = self.next_step()
        reached = step is not None and self.turn_of(step) is not None
        if gone is None or reached or self._may_reach(self.steps_done, now):
            return None
        return Ending(outcome=Outcome.SKIPPED, reason=_GONE, evidence=_about(gone))

    def _may_reach(self, steps_done: int, now: datetime) -> bool:
        """Whether somebody whom WhatsApp does not reach may get a message after so many steps."""
        later = self.rules.steps[steps_done:]
        named = any(each.step.fallback_after(0, _GONE) is not None for each in later)
        return named or self.watch(now) > timedelta(0)

    def _hear_failure(self, failed: MessageFailed, now: datetime) -> None:
        self.note(now, "message_failed", failed.reason, _about(failed))
        self.unreachable = self.unreachable or failed.reason is _GONE
        watched = _number(failed) == self.watched
        in_time = watched and self.watch(now) > timedelta(0)
        if watched:
            self.watched, self.watched_until = None, None
        if in_time and self._fall_back_late(failed, now):
            return
        if failed.reason is Reason.MARKETING_LIMIT:
            self._try_again_later(failed, now)

    def _fall_back_late(self, failed: MessageFailed, now: datetime) -> bool:
        for step in self.rules.steps[failed.step - 1 : failed.step]:
            number = self.next_for(step, failed.fallback, failed.reason)
            if number is not None:
                self._take_back(failed)
                self.fallback, self.fallback_because = number, failed.reason
                self._note_turn(step, _about(failed), now)
                return True
        return False

    def _try_again_later(self, failed: MessageFailed, now: datetime) -> None:
        """Send the last message again a day later, if the next one does not come before that.

        Nobody waits a day after the last step, nor day after day.
        """
        again_at, upcoming = failed.at + AFTER_MARKETING_LIMIT, self.next_step()
        if not self._is_last(failed) or upcoming is None or upcoming.due_at <= again_at:
            return
        self._take_back(failed)
        self.not_before = again_at
        self.note(now, "message_deferred", failed.reason, {"until": again_at.isoformat()})

    def _is_last(self, failed: MessageFailed) -> bool:
        last = self.last_sent or ((self.steps_done, 0) if self.messages_sent else _NONE)
        return _number(failed) == last and failed.step == self.steps_done

    def _take_back(self, failed: MessageFailed) -> None:
        self._no_longer_put_off()
        self.steps_done = failed.step - 1
        self.messages_sent -= 1
        self.fallback, self.last_sent = failed.fallback, _NONE

    def plan_done(self) -> Ending:
        """The ending of a journey that went through its plan."""
        if self.messages_sent or self.last_skip is None:
            return Ending(outcome=Outcome.MESSAGED, reason=Reason.PLAN_DONE)
        skip = self.last_skip
        return Ending(outcome=Outcome.SKIPPED, reason=Reason(skip.because), evidence=skip.evidence)


def _number(failed: MessageFailed) -> MessageNumber:
    return failed.step, failed.fallback


def _about(failed: MessageFailed) -> dict[str, str]:
    return {"message_id": failed.message_id, "step": str(failed.step)}
