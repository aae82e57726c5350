"""What a journey is told about a message: settled now, settled before, or not claimed."""

from activities.errors import not_sent
from activities.messaging_provider import CategoryOf
from activities.refusals import REASONS, settle_refusal
from activities.settlement import Attempt, Settlement, ended, not_sent_update, settle_unknown
from domain.customers import phones
from domain.customers.identity import keyed_hash, user_id_hash
from domain.journey.activity_results import EARLIER_OUTCOME, SendResult, SendStatus
from domain.journey.outcomes import Outcome, Reason, evidence_of
from domain.messages.send_outcome import (
    Accepted,
    ErrorCategory,
    NotSent,
    Refused,
    SendOutcome,
    Unknown,
)
from storage.claims import Claim, Forbidden, Overtaken, Paced, Refusal, Stopped
from storage.messages import LedgerUpdate, Message, MessageStatus


def settle(outcome: SendOutcome, attempt: Attempt) -> Settlement:
    """What became of a claimed message."""
    evidence = {"message_id": attempt.message_id}
    match outcome:
        case Accepted():
            return _accepted(outcome, attempt, evidence)
        case Unknown():
            return settle_unknown(outcome, evidence, attempt.at)
        case NotSent(because=because):
            return Settlement(not_sent_update(because), not_sent(because))
        case Refused():
            return settle_refusal(outcome, attempt)


def _accepted(outcome: Accepted, attempt: Attempt, evidence: dict[str, str]) -> Settlement:
    """The evidence has not the provider's id: Meta's has the phone number in it."""
    numbers, users = _known_as(outcome, attempt.hash_key)
    ledger = LedgerUpdate(
        MessageStatus.ACCEPTED,
        provider_id=outcome.provider_id,
        sent_at=attempt.at,
        wa_id_hash=min(numbers, default=None),
        user_id_hash=min(users, default=None),
    )
    said = {**evidence, attempt.says: outcome.answer}
    result = SendResult(status=SendStatus.ACCEPTED, evidence=said)
    return Settlement(ledger, result, known_as=numbers | users)


def _known_as(outcome: Accepted, hash_key: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """The keyed hashes of the person's number as the provider knows it, and of their user ids."""
    if hash_key is None:
        return frozenset(), frozenset()
    addresses = phones.addresses_of(outcome.recipient_id or "")
    numbers = frozenset(keyed_hash(hash_key, each) for each in addresses)
    return numbers, frozenset(user_id_hash(hash_key, each) for each in outcome.user_ids)


def not_claimed(
    wanted: Claim,
    found: Message | Stopped | Overtaken | Forbidden | Paced,
    category_of: CategoryOf,
) -> SendResult:
    """What to tell a journey whose message could not be claimed."""
    match found:
        case Message():
            return _sent_before(found, category_of)
        case Stopped(event=event):
            return ended(Outcome.EXITED, Reason.OPERATOR, evidence_of(event))
        case Overtaken(events=events):
            return SendResult(status=SendStatus.OVERTAKEN, events=events)
        case Paced(until=until):
            return SendResult(status=SendStatus.DEFERRED, reason=Reason.THROTTLED, until=until)
        case Forbidden(refusal=refusal, evidence=evidence):
            template = wanted.template if refusal is Refusal.TEMPLATE_HELD else None
            details = {"evidence": evidence, "template": template}
            return _FORBIDDEN[refusal].model_copy(update=details)


def _sent_before(message: Message, category_of: CategoryOf) -> SendResult:
    evidence = {"message_id": message.message_id, EARLIER_OUTCOME: message.status.value}
    if message.status is MessageStatus.FAILED:
        reason = reason_of_failure(message.error_code, category_of)
        if reason is Reason.OPTED_OUT:
            return ended(Outcome.EXITED, reason, evidence)
        return SendResult(status=SendStatus.SKIPPED, reason=reason, evidence=evidence)
    if message.status is MessageStatus.WITHHELD:
        return SendResult(status=SendStatus.SKIPPED, reason=Reason.WITHHELD, evidence=evidence)
    unknown = message.status is MessageStatus.UNKNOWN
    status = SendStatus.UNKNOWN if unknown else SendStatus.ACCEPTED
    return SendResult(status=status, evidence=evidence)


def reason_of_failure(error_code: int | None, category_of: CategoryOf) -> Reason:
    """Why a message failed that the provider had accepted."""
    category = ErrorCategory.REFUSED if error_code is None else category_of(error_code)
    return REASONS.get(category, Reason.SEND_FAILED)


_FORBIDDEN = {
    Refusal.PAUSED: SendResult(status=SendStatus.HELD, reason=Reason.STORE_PAUSED),
    Refusal.TEMPLATE_HELD: SendResult(status=SendStatus.HELD, reason=Reason.TEMPLATE_HELD),
    Refusal.OPTED_OUT: ended(Outcome.EXITED, Reason.OPTED_OUT, {}),
    Refusal.FREQUENCY_CAP: SendResult(status=SendStatus.SKIPPED, reason=Reason.FREQUENCY_CAP),
    Refusal.WITHHELD: SendResult(status=SendStatus.SKIPPED, reason=Reason.WITHHELD),
}
