"""The invariants of the chaos benchmark: our ledger held against Meta's record."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.meta_record import MetaRecord
from benchmarks.report import Figure
from domain.messages.send_outcome import ErrorCategory
from ingest.quarantine_updates import UNKNOWN_PERSON
from sandbox.webhook_payloads import UpdateField
from storage import quarantine
from storage.messages import MessageStatus
from storage.quarantine import QuarantinePage
from storage.status_rules import RANK

MAX_QUARANTINED: Final = 100_000
"""More than a run has updates."""


class MessageRow(NamedTuple):
    """A message in our ledger."""

    message_id: str
    to: str
    status: MessageStatus
    claimed_at: datetime


async def quarantined_as_invalid(connection: AsyncConnection) -> int:
    """How many updates are in quarantine, without the readable opt-outs of unknown people."""
    rows = await quarantine.listed(connection, QuarantinePage(MAX_QUARANTINED))
    return sum(
        UNKNOWN_PERSON["type"] not in {error["type"] for error in row["errors"]} for row in rows
    )


@dataclass(frozen=True)
class ChaosChecks:
    """Our ledger and Meta's record, when all journeys ended."""

    rows: Sequence[MessageRow]
    meta: MetaRecord
    unfinished: int
    """Journeys that neither ended nor wait for the next day."""
    quarantined: int

    def figures(self) -> list[Figure]:
        """All figures, the invariants among them."""
        return [*self._counts(), *self._invariants()]

    def _counts(self) -> Iterator[Figure]:
        updates = [each.update for each in self.meta.delivered]
        statuses = [update for update in updates if update.field is UpdateField.STATUSES]
        yield Figure("requests to Meta", len(self.meta.received))
        yield from _by_name(self.meta.answers)
        yield Figure("updates delivered", len(updates))
        yield Figure("  statuses", len(statuses))
        yield Figure("  people who opted out", len(self.meta.opt_outs))
        yield Figure("  invalid", self._invalid)
        yield Figure("updates in quarantine", self.quarantined)
        yield Figure("messages in our ledger", len(self.rows))
        yield from _by_name(Counter(row.status.value for row in self.rows))

    def _invariants(self) -> Iterator[Figure]:
        unpublished = sum(each.problem is not None for each in self.meta.received)
        twice = sum(times > 1 for times in self.meta.sent.values())
        without_row = self.meta.last_requests.keys() - {row.message_id for row in self.rows}
        yield Figure("requests not as Meta published", unpublished, 0)
        yield Figure("messages sent twice", twice, 0)
        yield Figure("requests without a ledger row", len(without_row), 0)
        yield Figure("messages claimed after an opt-out", len(self._claimed_after_opt_out()), 0)
        yield Figure("messages with a wrong status", len(self.wrong_statuses()), 0)
        yield Figure("unknown without a fault", len(self._unknown_without_fault()), 0)
        yield Figure("unknown though a status came", len(self._unknown_with_status()), 0)
        yield Figure("journeys that never ended", self.unfinished, 0)
        yield Figure("invalid updates lost or added", abs(self._invalid - self.quarantined), 0)

    def _claimed_after_opt_out(self) -> list[MessageRow]:
        """Messages claimed, and requested, after their receiver's opt-out was answered 200."""
        return [
            row
            for row in self.rows
            if (last := self.meta.last_requests.get(row.message_id)) is not None
            and last.at >= row.claimed_at > self.meta.opt_outs.get(row.to, row.claimed_at)
        ]

    def wrong_statuses(self) -> list[tuple[MessageRow, set[MessageStatus]]]:
        """Messages whose status is not one of those expected, and these."""
        expected = ((row, self._expected(row.message_id)) for row in self.rows)
        return [(row, statuses) for row, statuses in expected if row.status not in statuses]

    def _expected(self, message_id: str) -> set[MessageStatus]:
        """The highest status answered or delivered; two where a failure may wait for a day."""
        delivered = self.meta.statuses[message_id]
        answered = self.meta.answered_status(message_id)
        highest = max((answered, *delivered), key=RANK.__getitem__)
        not_now = ErrorCategory.NOT_NOW in delivered.get(MessageStatus.FAILED, ())
        if highest is MessageStatus.FAILED and not_now:
            return {highest, MessageStatus.NOT_SENT}
        return {highest}

    def _unknown_without_fault(self) -> list[str]:
        """Unknown messages whose last request was answered clearly."""
        answered = self.meta.answered_status
        return [each for each in self._unknown() if answered(each) is not MessageStatus.UNKNOWN]

    def _unknown_with_status(self) -> list[str]:
        return [each for each in self._unknown() if self.meta.statuses[each]]

    def _unknown(self) -> Iterator[str]:
        return (row.message_id for row in self.rows if row.status is MessageStatus.UNKNOWN)

    @property
    def _invalid(self) -> int:
        return sum(each.update.invalid for each in self.meta.delivered)


def _by_name(counts: Counter[str]) -> Iterator[Figure]:
    return (Figure(f"  {name}", count) for name, count in sorted(counts.items()))
