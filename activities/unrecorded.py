"""Outcomes that could not be recorded: as the journey carries them, and read back.

The journey's history has neither the provider's id nor its words: the number can be read in them.
"""

from collections.abc import Callable, Mapping
from typing import Final

from temporalio.exceptions import ApplicationError

from activities.settlement import Attempt
from domain.journey.activity_results import (
    OutcomeKind,
    SendResult,
    SendStatus,
    UnrecordedOutcome,
)
from domain.journey.outcomes import Reason
from domain.messages.pacing import UNSENT_RETRY
from domain.messages.send_outcome import (
    Accepted,
    ErrorCategory,
    NotSent,
    Refused,
    SendOutcome,
    Unknown,
)

NO_WORDS = "recorded later: the database was away"


def unrecorded(
    outcome: SendOutcome, attempt: Attempt, *, waits_for_template: bool
) -> UnrecordedOutcome:
    """The outcome as a journey carries it."""
    return UnrecordedOutcome(
        message_id=attempt.message_id,
        kind=kind_of(outcome),
        category=outcome.category if isinstance(outcome, Refused) else None,
        code=outcome.code if isinstance(outcome, Refused | Unknown) else None,
        at=attempt.at,
        waits_for_template=waits_for_template,
    )


def kind_of(outcome: SendOutcome) -> OutcomeKind:
    """The kind of an outcome."""
    return _KINDS[type(outcome)]


_KINDS: Final[Mapping[type[SendOutcome], OutcomeKind]] = {
    Accepted: OutcomeKind.ACCEPTED,
    Refused: OutcomeKind.REFUSED,
    NotSent: OutcomeKind.NOT_SENT,
    Unknown: OutcomeKind.UNKNOWN,
}


def outcome_of(carried: UnrecordedOutcome) -> SendOutcome:
    """The outcome that a journey carries, without the provider's id and words."""
    return _OUTCOMES[carried.kind](carried)


def _refused(carried: UnrecordedOutcome) -> Refused:
    return Refused(carried.category or ErrorCategory.REFUSED, carried.code, NO_WORDS)


_OUTCOMES: Final[Mapping[OutcomeKind, Callable[[UnrecordedOutcome], SendOutcome]]] = {
    OutcomeKind.ACCEPTED: lambda _: Accepted(None, NO_WORDS),
    OutcomeKind.REFUSED: _refused,
    OutcomeKind.NOT_SENT: lambda _: NotSent(NO_WORDS),
    OutcomeKind.UNKNOWN: lambda carried: Unknown(NO_WORDS, carried.code),
}


def deferred(result: SendResult | ApplicationError, carried: UnrecordedOutcome) -> SendResult:
    """What a journey is told instead of an error: raising it would lose the outcome."""
    if isinstance(result, SendResult):
        return result
    return SendResult(
        status=SendStatus.DEFERRED,
        reason=Reason.SEND_FAILED,
        until=carried.at + (result.next_retry_delay or UNSENT_RETRY),
        evidence={} if carried.code is None else {"meta_code": str(carried.code)},
    )
