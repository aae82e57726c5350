"""What a journey is told about a message, and what the ledger keeps, for each thing that happens.

The table of Meta's verdicts stands here once; `SendMessage` only carries it out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio.exceptions import ApplicationError

from activities.channel_api import ChannelOutcome, Declined, Taken
from activities.errors import not_sent
from domain.answers import EARLIER_OUTCOME, SendAnswer, SendStatus
from domain.kinds import Kind
from domain.outcomes import Outcome, Reason, about
from storage.claims import Paced, Refusal, Stopped
from storage.messages import Message, MessageStatus
from whatsapp import outcomes
from whatsapp.errors import Verdict, verdict_of

SYNCING = timedelta(minutes=10)
MARKETING_LIMIT = timedelta(hours=24)
"""Meta: a message refused for the per-person limit is not to be tried again within 24 hours."""

MOST_CHARACTERS = 512
"""Of Meta's words in the ledger."""


@dataclass(frozen=True)
class Settlement:
    """What to write into the ledger, and what to tell the journey."""

    ledger: Mapping[str, Any]
    answer: SendAnswer | ApplicationError
    """An error is raised: the activity's retry policy tries again."""
    suppress: bool = False
    pause_because: str | None = None
    """Holds the store."""
    hold_template_because: str | None = None


@dataclass(frozen=True)
class _Refused:
    """One of Meta's error codes, and when it came."""

    outcome: outcomes.Refused
    message_id: str
    now: datetime
    attempt: int
    evidence: dict[str, str] = field(default_factory=dict)


def reason_of_failure(error_code: int | None) -> Reason:
    """Why a message failed that Meta had taken."""
    verdict = Verdict.REFUSED if error_code is None else verdict_of(error_code)
    return _FAILED_BECAUSE.get(verdict, Reason.SEND_FAILED)


def not_claimed(found: Message | Stopped | Refusal | Paced) -> SendAnswer:
    """What to tell a journey whose message could not be claimed."""
    match found:
        case Message():
            return _sent_before(found)
        case Stopped(event=event):
            ordered = event.kind == Kind.ORDER_PLACED
            reason = Reason.ORDER_PLACED if ordered else Reason.OPERATOR
            return _ended(Outcome.EXITED, reason, about(event))
        case Paced(until=until):
            return SendAnswer(status=SendStatus.DEFERRED, reason=Reason.THROTTLED, until=until)
        case Refusal():
            return _NOT_CLAIMED[found]


def settle(
    outcome: outcomes.Outcome | ChannelOutcome, message_id: str, now: datetime, attempt: int
) -> Settlement:
    """What became of a claimed message."""
    evidence = {"message_id": message_id}
    match outcome:
        case outcomes.Sent():
            told = {"meta_says": outcome.message_status}  # not Meta's id: it has the number in it
            return _accepted(outcome.provider_id, evidence | told, now)
        case Taken(answered=answered):
            return _accepted(None, evidence | {"channel_says": answered}, now)
        case Declined(because=because):
            return _declined(because, evidence)
        case outcomes.Unknown():
            return _unknown(outcome, evidence, now)
        case outcomes.NotSent(because=because):
            return Settlement(_unsent(because), not_sent(because))
        case outcomes.Refused():
            meta = {"meta_code": str(outcome.code), "meta_says": outcome.title}
            refused = _Refused(outcome, message_id, now, attempt, {**evidence, **meta})
            return _REFUSALS[outcome.verdict](refused)


def _unknown(outcome: outcomes.Unknown, evidence: dict[str, str], now: datetime) -> Settlement:
    because = outcome.because
    answer = SendAnswer(status=SendStatus.UNKNOWN, evidence={**evidence, "because": because})
    kept = because[:MOST_CHARACTERS]
    ledger = {"status": MessageStatus.UNKNOWN, "because": kept, "sent_at": now}
    return Settlement({**ledger, "error_code": outcome.code}, answer)


def _declined(because: str, evidence: dict[str, str]) -> Settlement:
    ledger = {"status": MessageStatus.FAILED, "because": because}
    return Settlement(ledger, _left_out(Reason.SEND_FAILED, {**evidence, "channel_says": because}))


def _accepted(provider_id: str | None, evidence: dict[str, str], now: datetime) -> Settlement:
    ledger = {
        "status": MessageStatus.ACCEPTED,
        "provider_id": provider_id,
        "because": None,
        "sent_at": now,
    }
    return Settlement(ledger, SendAnswer(status=SendStatus.ACCEPTED, evidence=evidence))


def _sent_before(message: Message) -> SendAnswer:
    evidence = {"message_id": message.message_id, EARLIER_OUTCOME: message.status.value}
    if message.status is MessageStatus.FAILED:
        reason = reason_of_failure(message.error_code)
        if reason is Reason.OPTED_OUT:
            return _ended(Outcome.EXITED, reason, evidence)
        return _left_out(reason, evidence)
    unknown = message.status is MessageStatus.UNKNOWN
    status = SendStatus.UNKNOWN if unknown else SendStatus.ACCEPTED
    return SendAnswer(status=status, evidence=evidence)


def _left_out(reason: Reason, evidence: dict[str, str]) -> SendAnswer:
    return SendAnswer(status=SendStatus.SKIPPED, reason=reason, evidence=evidence)


def _unsent(because: str) -> dict[str, Any]:
    return {"status": MessageStatus.NOT_SENT, "because": because[:MOST_CHARACTERS]}


def _failed(refused: _Refused) -> dict[str, Any]:
    outcome = refused.outcome
    because = f"{outcome.title}: {outcome.details}" if outcome.details else outcome.title
    return {
        "status": MessageStatus.FAILED,
        "because": because[:MOST_CHARACTERS],
        "error_code": outcome.code,
    }


def _ended(outcome: Outcome, reason: Reason, evidence: dict[str, str]) -> SendAnswer:
    return SendAnswer(status=SendStatus.ENDED, outcome=outcome, reason=reason, evidence=evidence)


def _throttled(refused: _Refused) -> Settlement:
    return Settlement(_unsent(refused.outcome.title), not_sent(refused.outcome.title))


def _pair_limit(refused: _Refused) -> Settlement:
    """Meta: retry after 4^n seconds."""
    pace = timedelta(seconds=4**refused.attempt)
    return Settlement(_unsent(refused.outcome.title), not_sent(refused.outcome.title, pace))


def _deferred(reason: Reason, wait: timedelta) -> Callable[[_Refused], Settlement]:
    def settlement(refused: _Refused) -> Settlement:
        answer = SendAnswer(
            status=SendStatus.DEFERRED,
            reason=reason,
            until=refused.now + wait,
            evidence=refused.evidence,
        )
        return Settlement(_unsent(refused.outcome.title), answer)

    return settlement


def _opted_out(refused: _Refused) -> Settlement:
    answer = _ended(Outcome.EXITED, Reason.OPTED_OUT, refused.evidence)
    return Settlement(_failed(refused), answer, suppress=True)


def _unreachable(refused: _Refused) -> Settlement:
    answer = _ended(Outcome.SKIPPED, Reason.UNREACHABLE, refused.evidence)
    return Settlement(_failed(refused), answer)


def _skipped(reason: Reason) -> Callable[[_Refused], Settlement]:
    def settlement(refused: _Refused) -> Settlement:
        return Settlement(_failed(refused), _left_out(reason, refused.evidence))

    return settlement


def _account(refused: _Refused) -> Settlement:
    """Every message of the store would fail: hold them rather than burn them."""
    answer = _held(Reason.STORE_PAUSED, refused)
    because = _told_operator(refused)
    return Settlement(_unsent(refused.outcome.title), answer, pause_because=because)


def _template_held(refused: _Refused) -> Settlement:
    """Every message with this template would fail."""
    answer = _held(Reason.TEMPLATE_HELD, refused)
    because = _told_operator(refused)
    return Settlement(_unsent(refused.outcome.title), answer, hold_template_because=because)


def _held(reason: Reason, refused: _Refused) -> SendAnswer:
    return SendAnswer(status=SendStatus.HELD, reason=reason, evidence=refused.evidence)


def _told_operator(refused: _Refused) -> str:
    return f"Meta answers {refused.outcome.code}: {refused.outcome.title}"[:256]


def _unclear(refused: _Refused) -> Settlement:
    unknown = outcomes.Unknown(refused.outcome.title, refused.outcome.code)
    return _unknown(unknown, {"message_id": refused.message_id}, refused.now)


_FAILED_BECAUSE = {
    Verdict.UNREACHABLE: Reason.UNREACHABLE,
    Verdict.NOT_NOW: Reason.MARKETING_LIMIT,
    Verdict.TEMPLATE_WRONG: Reason.TEMPLATE_REJECTED,
    Verdict.TEMPLATE_HELD: Reason.TEMPLATE_HELD,
    Verdict.TEMPLATE_SYNCING: Reason.TEMPLATE_HELD,
    Verdict.ACCOUNT: Reason.STORE_PAUSED,
    Verdict.OPTED_OUT: Reason.OPTED_OUT,
}

_NOT_CLAIMED = {
    Refusal.PAUSED: SendAnswer(status=SendStatus.HELD, reason=Reason.STORE_PAUSED),
    Refusal.TEMPLATE_HELD: SendAnswer(status=SendStatus.HELD, reason=Reason.TEMPLATE_HELD),
    Refusal.OPTED_OUT: _ended(Outcome.EXITED, Reason.OPTED_OUT, {}),
    Refusal.FREQUENCY_CAP: SendAnswer(status=SendStatus.SKIPPED, reason=Reason.FREQUENCY_CAP),
}

_REFUSALS: dict[Verdict, Callable[[_Refused], Settlement]] = {
    Verdict.THROTTLED: _throttled,
    Verdict.PAIR_LIMIT: _pair_limit,
    Verdict.TEMPLATE_SYNCING: _deferred(Reason.TEMPLATE_HELD, SYNCING),
    Verdict.TEMPLATE_HELD: _template_held,
    Verdict.NOT_NOW: _deferred(Reason.MARKETING_LIMIT, MARKETING_LIMIT),
    Verdict.OPTED_OUT: _opted_out,
    Verdict.UNREACHABLE: _unreachable,
    Verdict.TEMPLATE_WRONG: _skipped(Reason.TEMPLATE_REJECTED),
    Verdict.REFUSED: _skipped(Reason.SEND_FAILED),
    Verdict.ACCOUNT: _account,
    Verdict.UNCLEAR: _unclear,
}
