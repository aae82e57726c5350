"""What an outcome of sending comes to: for the ledger, for the journey, and for the store."""

from dataclasses import dataclass, field
from datetime import datetime

from temporalio.exceptions import ApplicationError

from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.outcomes import Outcome, Reason
from domain.messages.send_outcome import Unknown
from storage.messages import LedgerUpdate, MessageStatus

MAX_CHARACTERS = 512
"""Of a provider's words in the ledger."""


@dataclass(frozen=True)
class Settlement:
    """What to write into the ledger, and what to tell the journey."""

    ledger: LedgerUpdate
    result: SendResult | ApplicationError
    """An error is raised: the activity's retry policy tries again."""
    suppress: bool = False
    pause_because: str | None = None
    """Pauses the store."""
    hold_template_because: str | None = None
    template_mismatch: str | None = None
    """Why the template itself may be to blame: it is held once it fails for several in a row."""
    known_as: frozenset[str] = frozenset()
    """By which keyed hashes the provider knows the person who gets the message."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to send a claimed message."""

    message_id: str
    number: int
    """Temporal's, from 1, without those in which the exit check failed."""
    at: datetime
    says: str
    """The evidence in which the provider's words stand, such as `meta_says`."""
    template: str | None = None
    hash_key: str | None = field(default=None, repr=False)
    """The store's; None where the provider's ids of the person are not at hand."""


def settle_unknown(outcome: Unknown, evidence: dict[str, str], now: datetime) -> Settlement:
    """It may have been sent: the ledger says so, and the journey goes on."""
    because = {**evidence, "because": in_short(outcome.because, outcome.code)}
    result = SendResult(status=SendStatus.UNKNOWN, evidence=because)
    ledger = LedgerUpdate(
        MessageStatus.UNKNOWN,
        because=outcome.because[:MAX_CHARACTERS],
        error_code=outcome.code,
        sent_at=now,
    )
    return Settlement(ledger, result)


def not_sent_update(because: str, code: int | None = None) -> LedgerUpdate:
    """Nothing was sent, provably: the message may be claimed again."""
    words = because[:MAX_CHARACTERS]
    return LedgerUpdate(MessageStatus.NOT_SENT, because=words, error_code=code)


def in_short(because: str, code: int | None) -> str:
    """What a journey's history may say of an answer.

    Meta's words quote requests: with a code only the code is told, and the ledger has the words.
    Without a code the words are our own.
    """
    return because if code is None else f"Meta answers {code}"


def ended(outcome: Outcome, reason: Reason, evidence: dict[str, str]) -> SendResult:
    """Nothing was sent, and the journey ends."""
    return SendResult(status=SendStatus.ENDED, outcome=outcome, reason=reason, evidence=evidence)
