"""Whether the benchmark of faults kept every promise: our ledger held against Meta's own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.faults_drawn import phone
from sandbox.ledger import Received
from storage.messages import MessageStatus

UNSENT = {MessageStatus.FAILED, MessageStatus.NOT_SENT}
ANSWERED = {
    "accepted": {MessageStatus.ACCEPTED},
    "unknown": {MessageStatus.UNKNOWN},
    "ended": {MessageStatus.FAILED},
    "skipped": {MessageStatus.FAILED},
    "not_sent": {MessageStatus.NOT_SENT},
}
"""What the ledger says of a message by what its journey was told."""


@dataclass(frozen=True)
class Line:
    """A line of the table; a promise when there is a bound."""

    what: str
    count: int
    most: int | None = None

    @property
    def broken(self) -> bool:
        """Whether there is more than there may be."""
        return self.most is not None and self.count > self.most


class Row(NamedTuple):
    """A message in our ledger."""

    number: int
    status: str
    because: str | None = None


@dataclass(frozen=True)
class Proof:
    """What was asked for, what each ledger says, and what was told."""

    sends: int
    rows: Sequence[Row]
    """Our ledger."""
    received: Sequence[Received]
    interrupted: set[int]
    answers: dict[int, str]

    def lines(self) -> list[Line]:
        """All figures, promises among them."""
        done = Counter(each.body["to"] for each in self.received if each.message_id is not None)
        twice = sum(times > 1 for times in done.values())
        return [
            Line("sends", self.sends),
            Line("requests that Meta got", len(self.received)),
            Line("not as Meta published", sum(each.wrong is not None for each in self.received), 0),
            Line("messages done once", len(done) - twice),
            Line("messages done twice", twice, 0),
            *self._outcomes(),
            *self._unknowns(),
            *self._lies(done),
        ]

    def _outcomes(self) -> list[Line]:
        status = Counter(row.status for row in self.rows)
        named = ("accepted", "unknown", "failed", "not_sent")
        without = self.sends - sum(status[name] for name in named)
        return [
            *(Line(f"outcome {name}", status[name]) for name in named),
            Line("without an outcome", without, 0),
            Line("without an answer to the journey", self.sends - len(self.answers), 0),
        ]

    def _unknowns(self) -> list[Line]:
        """Every unknown message has its fault: nothing is given up as unknown without need."""
        unclear, killed = self._unclear(), self._killed()
        unknown = self._people(MessageStatus.UNKNOWN)
        return [
            Line("ambiguous answers of Meta", len(unclear)),
            Line("messages under way in killed workers", len(killed)),
            Line("unknown, at most as many as both", len(unknown), len(unclear | killed)),
            Line("unknown without either", len(self.unexplained()), 0),
        ]

    def unexplained(self) -> list[Row]:
        """Messages that are unknown though nothing was done to them."""
        explained = self._unclear() | self._killed()
        unknown = (row for row in self.rows if row.status == MessageStatus.UNKNOWN)
        return [row for row in unknown if phone(row.number) not in explained]

    def _unclear(self) -> set[str]:
        return {each.body["to"] for each in self.received if each.status in {None, 500}}

    def _killed(self) -> set[str]:
        return {phone(number) for number in self.interrupted}

    def _lies(self, done: Counter[str]) -> list[Line]:
        """What the ledger is sure of is so, and so is what journeys were told."""
        accepted = self._people(MessageStatus.ACCEPTED)
        unsent = self._people(*UNSENT)
        status = {row.number: row.status for row in self.rows}
        told = (
            status.get(number) not in ANSWERED.get(answer, set())
            for number, answer in self.answers.items()
        )
        return [
            Line("accepted, but not done", sum(done[each] != 1 for each in accepted), 0),
            Line("failed or not_sent, but done", sum(each in done for each in unsent), 0),
            Line("journey told other than the ledger", sum(told), 0),
        ]

    def _people(self, *statuses: MessageStatus) -> set[str]:
        return {phone(row.number) for row in self.rows if row.status in statuses}
