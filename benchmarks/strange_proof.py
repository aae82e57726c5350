"""Whether the strange run kept every promise: our ledger held against Meta's truth."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple

from benchmarks.faults_proof import Line
from sandbox.ledger import Received
from sandbox.telling import About, Told
from storage.messages import MessageStatus
from storage.statuses import RANK
from whatsapp.errors import Verdict, verdict_of

UNSENT: Final = {Verdict.THROTTLED, Verdict.PAIR_LIMIT}
OK, SERVER_ERROR = 200, 500


class Row(NamedTuple):
    """A message in our ledger."""

    message_id: str
    to: str
    status: MessageStatus
    claimed_at: datetime


@dataclass(frozen=True)
class Proof:
    """What each side says when all is over."""

    rows: Sequence[Row]
    received: Sequence[Received]
    told: Sequence[Told]
    unfinished: int
    """Journeys that have not ended, and wait for nothing."""
    quarantined: int

    def lines(self) -> list[Line]:
        """All figures, promises among them."""
        return [*self._figures(), *self._promises()]

    def _figures(self) -> Iterator[Line]:
        answers = Counter(_answer(each) for each in self.received)
        yield Line("requests that Meta got", len(self.received))
        yield from (Line(f"  {name}", count) for name, count in sorted(answers.items()))
        statuses = sum(each.update.about is About.STATUSES for each in self.told)
        yield Line("updates told", len(self.told))
        yield Line("  statuses", statuses)
        yield Line("  people who stopped", len(self._stops))
        yield Line("  rubbish", self._rubbish)
        yield Line("updates in quarantine", self.quarantined)
        outcomes = Counter(row.status.value for row in self.rows)
        yield Line("messages in our ledger", len(self.rows))
        yield from (Line(f"  {name}", count) for name, count in sorted(outcomes.items()))

    def _promises(self) -> Iterator[Line]:
        done = Counter(_ours(each) for each in self.received if each.message_id is not None)
        wrong = sum(each.wrong is not None for each in self.received)
        yield Line("requests not as Meta published", wrong, 0)
        yield Line("messages that Meta has twice", sum(times > 1 for times in done.values()), 0)
        yield Line("requests without a row", len(self._last.keys() - self._rows.keys()), 0)
        yield Line("messages claimed after STOP was answered", len(self.despite_stop()), 0)
        yield Line("messages other than Meta's truth", len(self.untrue()), 0)
        yield Line("unknown without a fault", len(self.unexplained()), 0)
        yield Line("unknown though a status came", len(self.unsettled()), 0)
        yield Line("journeys that never ended", self.unfinished, 0)
        yield Line("rubbish lost or made up", abs(self._rubbish - self.quarantined), 0)

    def despite_stop(self) -> list[Row]:
        """Messages whose claim, and request, came after their receiver's STOP was answered."""
        return [
            row
            for row in self.rows
            if (last := self._last.get(row.message_id)) is not None
            and last.at >= row.claimed_at > self._stops.get(row.to, row.claimed_at)
        ]

    def untrue(self) -> list[tuple[Row, set[MessageStatus]]]:
        """Messages whose status is not the highest of what was answered and told, and that."""
        true = ((row, self._truth(row)) for row in self.rows)
        return [(row, truth) for row, truth in true if row.status not in truth]

    def unexplained(self) -> list[Row]:
        """Messages that are unknown though their request was answered clearly."""
        return [
            row
            for row in self._unknown()
            if _base(self._last.get(row.message_id)) is not MessageStatus.UNKNOWN
        ]

    def unsettled(self) -> list[Row]:
        """Messages that are unknown though Meta told of them."""
        return [row for row in self._unknown() if self._statuses[row.message_id]]

    def _unknown(self) -> Iterator[Row]:
        return (row for row in self.rows if row.status is MessageStatus.UNKNOWN)

    def _truth(self, row: Row) -> set[MessageStatus]:
        """One status; two where a failure may by now wait for the next day."""
        told = self._statuses[row.message_id]
        base = _base(self._last.get(row.message_id))
        highest = max((base, *told), key=RANK.__getitem__)
        limited = Verdict.NOT_NOW in told.get(MessageStatus.FAILED, ())
        if highest is MessageStatus.FAILED and limited:
            return {highest, MessageStatus.NOT_SENT}
        return {highest}

    @cached_property
    def _rows(self) -> dict[str, Row]:
        return {row.message_id: row for row in self.rows}

    @cached_property
    def _last(self) -> dict[str, Received]:
        """The last request of each message."""
        return {_ours(each): each for each in self.received}

    @cached_property
    def _statuses(self) -> defaultdict[str, dict[MessageStatus, set[Verdict]]]:
        """By our message: what Meta told of it, with the verdicts on failures."""
        told: defaultdict[str, dict[MessageStatus, set[Verdict]]] = defaultdict(dict)
        for update in (each.update for each in self.told):
            if update.about is not About.STATUSES or update.rubbish:
                continue
            content = update.content
            verdicts = {verdict_of(error["code"]) for error in content.get("errors", ())}
            of_message = told[content["biz_opaque_callback_data"]]
            of_message.setdefault(MessageStatus(content["status"]), set()).update(verdicts)
        return told

    @cached_property
    def _stops(self) -> dict[str, datetime]:
        """When the first STOP of each person was answered."""
        stops: dict[str, datetime] = {}
        for each in sorted(self.told, key=lambda told: told.at):
            if each.update.stops is not None:
                stops.setdefault(each.update.stops, each.at)
        return stops

    @property
    def _rubbish(self) -> int:
        return sum(each.update.rubbish for each in self.told)


def _ours(received: Received) -> str:
    """Our id of the message that a request was for."""
    return str(received.body["biz_opaque_callback_data"])


def _code(received: Received) -> int | None:
    code: int | None = ((received.answer or {}).get("error") or {}).get("code")
    return code


def _answer(received: Received) -> str:
    """What was answered, for people."""
    if received.status is None:
        return "no answer, but done"
    code = _code(received)
    done = ", but done" if received.message_id and received.status != OK else ""
    return f"{code or f'HTTP {received.status}'}{done}"


def _base(last: Received | None) -> MessageStatus:
    """What the answer to a message's last request proves."""
    if last is None:
        return MessageStatus.NOT_SENT
    if last.status == OK:
        return MessageStatus.ACCEPTED
    code = _code(last)
    verdict = None if code is None else verdict_of(code)
    if verdict in {None, Verdict.UNCLEAR}:
        return MessageStatus.UNKNOWN
    return MessageStatus.NOT_SENT if verdict in UNSENT else MessageStatus.FAILED
