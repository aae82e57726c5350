"""The invariants of the benchmark of faults: our ledger held against that of the stand-in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from benchmarks.phones import phone_digits
from benchmarks.report import Figure
from sandbox.ledger import ReceivedRequest
from storage.messages import MessageStatus

UNSENT: Final = {MessageStatus.FAILED, MessageStatus.NOT_SENT}
STATUS_BY_RESULT: Final = {
    "accepted": MessageStatus.ACCEPTED,
    "unknown": MessageStatus.UNKNOWN,
    "ended": MessageStatus.FAILED,
    "skipped": MessageStatus.FAILED,
    "not_sent": MessageStatus.NOT_SENT,
}
"""What the ledger must say, by the result that the journey got."""


class SendRow(NamedTuple):
    """A message in our ledger."""

    number: int
    status: str
    because: str | None = None


@dataclass(frozen=True)
class FaultChecks:
    """Both ledgers, and what the journeys got."""

    sends: int
    rows: Sequence[SendRow]
    """Our ledger."""
    received: Sequence[ReceivedRequest]
    """Meta's."""
    interrupted: set[int]
    """Messages that a killed worker was sending."""
    results: dict[int, str]

    def figures(self) -> list[Figure]:
        """All figures, the invariants among them."""
        sent = Counter(each.body["to"] for each in self.received if each.message_id is not None)
        twice = sum(times > 1 for times in sent.values())
        unpublished = sum(each.problem is not None for each in self.received)
        return [
            Figure("sends", self.sends),
            Figure("requests to Meta", len(self.received)),
            Figure("requests not as Meta published", unpublished, 0),
            Figure("messages sent once", len(sent) - twice),
            Figure("messages sent twice", twice, 0),
            *self._outcomes(),
            *self._unknowns(),
            *self._mismatches(sent),
        ]

    def _outcomes(self) -> list[Figure]:
        status = Counter(row.status for row in self.rows)
        outcomes = ("accepted", "unknown", "failed", "not_sent")
        without = self.sends - sum(status[name] for name in outcomes)
        return [
            *(Figure(f"outcome {name}", status[name]) for name in outcomes),
            Figure("without an outcome", without, 0),
            Figure("without a result for the journey", self.sends - len(self.results), 0),
        ]

    def _unknowns(self) -> list[Figure]:
        """Every unknown message has its fault: none is given up as unknown without need."""
        unclear, killed = self._unclear(), self._killed()
        unknown = self._phones(MessageStatus.UNKNOWN)
        return [
            Figure("ambiguous answers of Meta", len(unclear)),
            Figure("messages in killed workers", len(killed)),
            Figure("unknown, at most as many as both", len(unknown), len(unclear | killed)),
            Figure("unknown without either", len(self.unexplained()), 0),
        ]

    def unexplained(self) -> list[SendRow]:
        """Messages that are unknown although no fault hit them."""
        explained = self._unclear() | self._killed()
        unknown = (row for row in self.rows if row.status == MessageStatus.UNKNOWN)
        return [row for row in unknown if phone_digits(row.number) not in explained]

    def _unclear(self) -> set[str]:
        return {each.body["to"] for each in self.received if each.status in {None, 500}}

    def _killed(self) -> set[str]:
        return {phone_digits(number) for number in self.interrupted}

    def _mismatches(self, sent: Counter[str]) -> list[Figure]:
        accepted = self._phones(MessageStatus.ACCEPTED)
        unsent = self._phones(*UNSENT)
        status = {row.number: row.status for row in self.rows}
        differing = sum(
            status.get(number, "") != STATUS_BY_RESULT.get(result)
            for number, result in self.results.items()
        )
        return [
            Figure("accepted, but not sent", sum(sent[each] != 1 for each in accepted), 0),
            Figure("failed or not_sent, but sent", sum(each in sent for each in unsent), 0),
            Figure("journey's result differs from the ledger", differing, 0),
        ]

    def _phones(self, *statuses: MessageStatus) -> set[str]:
        return {phone_digits(row.number) for row in self.rows if row.status in statuses}
