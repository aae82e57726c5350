"""Messages that are unknown, or claimed for good, and what may have caused it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from benchmarks.chaos.evidence import Evidence, LedgerRow
from benchmarks.chaos.schedule import Target, What
from domain.messages.send_outcome import ErrorCategory
from sandbox.ledger import ReceivedRequest
from storage.messages import MessageStatus
from whatsapp.errors import category_of

SEND_TIMEOUT: Final = timedelta(seconds=45)
"""20 s for the provider and 25 s for a database that is away just then."""

CAUSES: Final = frozenset({Target.WORKER, Target.TEMPORAL, Target.DATABASE, Target.STAND_INS})
"""What leaves a message unknown when it dies or freezes while the message is sent."""


def every_unknown_has_its_cause(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """No message is given up as unknown without need."""
    for row in _unexplained(evidence):
        yield row.customer_id, f"message {row.message_id} is {row.status}"


def _unexplained(evidence: Evidence) -> Iterator[LedgerRow]:
    """Unknown messages that Meta answered clearly, while nothing died or froze.

    None may be left as claimed.
    """
    answers = {each.body["biz_opaque_callback_data"]: each for each in evidence.received}
    for row in evidence.ledger:
        if row.status == MessageStatus.CLAIMED:
            yield row
        elif row.status == MessageStatus.UNKNOWN:
            answer = answers.get(row.message_id)
            unclear = answer is not None and _is_unclear(answer)
            if not unclear and not _was_disturbed(evidence, row):
                yield row


def _is_unclear(request: ReceivedRequest) -> bool:
    code = ((request.answer or {}).get("error") or {}).get("code")
    if code is None:
        return request.status is None or request.status >= 500  # noqa: PLR2004  # HTTP's
    return category_of(code) is ErrorCategory.UNCLEAR


def _was_disturbed(evidence: Evidence, row: LedgerRow) -> bool:
    until = row.claimed_at + SEND_TIMEOUT
    return any(
        each.action.target in CAUSES
        and each.action.what in {What.KILL, What.FREEZE}
        and each.began < until
        and each.ended > row.claimed_at
        for each in evidence.disturbances
    )
