"""The table of error categories: what a provider's refusal means for message, store and journey.

The provider's words go into the ledger and to operators. Journeys get the code and the category.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from activities.errors import not_sent
from activities.settlement import (
    MAX_CHARACTERS,
    Attempt,
    Settlement,
    ended,
    in_short,
    not_sent_update,
    settle_unknown,
)
from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.outcomes import Outcome, Reason
from domain.messages.pacing import MARKETING_LIMIT, TEMPLATE_SYNC
from domain.messages.send_outcome import ErrorCategory, Refused, Unknown
from storage.messages import LedgerUpdate, MessageStatus


@dataclass(frozen=True)
class _Refusal:
    outcome: Refused
    attempt: Attempt
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The provider's, title and details."""
        title, details = self.outcome.title, self.outcome.details
        return f"{title}: {details}" if details else title

    @property
    def in_short(self) -> str:
        """What the journey is told."""
        return in_short(self.outcome.title, self.outcome.code)


def settle_refusal(outcome: Refused, attempt: Attempt) -> Settlement:
    """What a refusal comes to."""
    evidence = {"message_id": attempt.message_id, **_told(outcome, attempt)}
    return _REFUSALS[outcome.category](_Refusal(outcome, attempt, evidence))


def _told(outcome: Refused, attempt: Attempt) -> dict[str, str]:
    if outcome.code is None:
        return {attempt.says: outcome.title}
    return {"meta_code": str(outcome.code), "category": outcome.category.value}


def _failed(refusal: _Refusal) -> LedgerUpdate:
    because, code = refusal.words[:MAX_CHARACTERS], refusal.outcome.code
    return LedgerUpdate(MessageStatus.FAILED, because=because, error_code=code)


def _not_sent(refusal: _Refusal) -> LedgerUpdate:
    return not_sent_update(refusal.words, refusal.outcome.code)


def _throttled(refusal: _Refusal) -> Settlement:
    return Settlement(_not_sent(refusal), not_sent(refusal.in_short))


def _pair_limit(refusal: _Refusal) -> Settlement:
    """Meta: retry after 4^n seconds."""
    pace = timedelta(seconds=4**refusal.attempt.number)
    return Settlement(_not_sent(refusal), not_sent(refusal.in_short, pace))


def _deferred(category: ErrorCategory, wait: timedelta) -> Callable[[_Refusal], Settlement]:
    def settlement(refusal: _Refusal) -> Settlement:
        result = SendResult(
            status=SendStatus.DEFERRED,
            reason=REASONS[category],
            until=refusal.attempt.at + wait,
            evidence=refusal.evidence,
        )
        return Settlement(_not_sent(refusal), result)

    return settlement


def _opted_out(refusal: _Refusal) -> Settlement:
    result = ended(Outcome.EXITED, Reason.OPTED_OUT, refusal.evidence)
    return Settlement(_failed(refusal), result, suppress=True)


def _unreachable(refusal: _Refusal) -> Settlement:
    result = ended(Outcome.SKIPPED, Reason.UNREACHABLE, refusal.evidence)
    return Settlement(_failed(refusal), result)


def _skipped(refusal: _Refusal) -> Settlement:
    reason = REASONS.get(refusal.outcome.category, Reason.SEND_FAILED)
    result = SendResult(status=SendStatus.SKIPPED, reason=reason, evidence=refusal.evidence)
    return Settlement(_failed(refusal), result)


def _mismatched(refusal: _Refusal) -> Settlement:
    """One person's message is left out; the recorder counts how many in a row."""
    return replace(_skipped(refusal), template_mismatch=_for_operator(refusal))


def _account(refusal: _Refusal) -> Settlement:
    """Every message of the store would fail: pause it."""
    because = _for_operator(refusal)
    return Settlement(_not_sent(refusal), _held(refusal), pause_because=because)


def _template_held(refusal: _Refusal) -> Settlement:
    """Every message with this template would fail: hold it."""
    because = _for_operator(refusal)
    held = _held(refusal, refusal.attempt.template)
    return Settlement(_not_sent(refusal), held, hold_template_because=because)


def _held(refusal: _Refusal, template: str | None = None) -> SendResult:
    return SendResult(
        status=SendStatus.HELD,
        reason=REASONS[refusal.outcome.category],
        evidence={**refusal.evidence, "because": refusal.in_short},
        template=template,
    )


def _for_operator(refusal: _Refusal) -> str:
    return f"Meta answers {refusal.outcome.code}: {refusal.words}"[:256]


def _unclear(refusal: _Refusal) -> Settlement:
    outcome = Unknown(refusal.outcome.title, refusal.outcome.code)
    return settle_unknown(outcome, {"message_id": refusal.attempt.message_id}, refusal.attempt.at)


REASONS = {
    ErrorCategory.UNREACHABLE: Reason.UNREACHABLE,
    ErrorCategory.NOT_NOW: Reason.MARKETING_LIMIT,
    ErrorCategory.TEMPLATE_WRONG: Reason.TEMPLATE_REJECTED,
    ErrorCategory.TEMPLATE_MISMATCH: Reason.TEMPLATE_REJECTED,
    ErrorCategory.TEMPLATE_HELD: Reason.TEMPLATE_HELD,
    ErrorCategory.TEMPLATE_SYNCING: Reason.TEMPLATE_HELD,
    ErrorCategory.ACCOUNT: Reason.STORE_PAUSED,
    ErrorCategory.OPTED_OUT: Reason.OPTED_OUT,
}
"""Our reason for each category of error, the same for an answer and for a late failure."""

_REFUSALS: dict[ErrorCategory, Callable[[_Refusal], Settlement]] = {
    ErrorCategory.THROTTLED: _throttled,
    ErrorCategory.PAIR_LIMIT: _pair_limit,
    ErrorCategory.TEMPLATE_SYNCING: _deferred(ErrorCategory.TEMPLATE_SYNCING, TEMPLATE_SYNC),
    ErrorCategory.TEMPLATE_HELD: _template_held,
    ErrorCategory.NOT_NOW: _deferred(ErrorCategory.NOT_NOW, MARKETING_LIMIT),
    ErrorCategory.OPTED_OUT: _opted_out,
    ErrorCategory.UNREACHABLE: _unreachable,
    ErrorCategory.TEMPLATE_WRONG: _skipped,
    ErrorCategory.TEMPLATE_MISMATCH: _mismatched,
    ErrorCategory.REFUSED: _skipped,
    ErrorCategory.ACCOUNT: _account,
    ErrorCategory.UNCLEAR: _unclear,
}
