"""What the invariants are held against: ledgers, database and Temporal, at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from benchmarks.chaos.attack import Disturbance
from benchmarks.chaos.customers import Act, Customer
from benchmarks.chaos.operator import Pause
from benchmarks.chaos.shoppers import AnsweredAct
from benchmarks.chaos.stores import MessageId, message_id_of
from sandbox.ledger import ReceivedRequest


class LedgerRow(NamedTuple):
    """A message in the product's own ledger."""

    message_id: str
    store_id: str
    customer_id: str
    status: str
    claimed_at: datetime


class InboxRow(NamedTuple):
    """An event in the product's inbox."""

    store_id: str
    customer_id: str
    event_id: str
    dispatched_at: datetime | None
    ignored_because: str | None
    taken_by: str | None


class JourneyRow(NamedTuple):
    """A journey that has closed."""

    store_id: str
    customer_id: str
    trigger_event_id: str | None
    outcome: str
    reason: str


class Request(NamedTuple):
    """A request that Meta got: what it says it is, and when the product claimed the message."""

    message: MessageId
    received: ReceivedRequest
    row: LedgerRow | None

    def was_claimed_after(self, acknowledged: datetime) -> bool:
        """Whether it was requested and claimed after that.

        One that was claimed before was on its way when the answer came.
        """
        claimed = self.received.at if self.row is None else self.row.claimed_at
        return min(self.received.at, claimed) > acknowledged


class Leak(NamedTuple):
    """Personal data or a secret, where it must not be."""

    place: str
    around: str


@dataclass(frozen=True)
class Evidence:
    """Everything that was told, done, sent and kept."""

    customers: Sequence[Customer]
    answered: Sequence[AnsweredAct]
    pauses: Mapping[str, Sequence[Pause]]
    disturbances: Sequence[Disturbance]
    received: Sequence[ReceivedRequest]
    ledger: Sequence[LedgerRow]
    inbox: Sequence[InboxRow]
    journeys: Sequence[JourneyRow]
    open_workflows: Sequence[str]
    explanations: Mapping[str, Mapping[str, Any] | None]
    """By customer id; None where the product gave none."""
    leaks: Sequence[Leak]

    @cached_property
    def requests(self) -> list[Request]:
        """What Meta got, with the ledger's row that each request names."""
        rows = {row.message_id: row for row in self.ledger}
        return [
            Request(message_id_of(each), each, rows.get(each.body["biz_opaque_callback_data"]))
            for each in self.received
        ]

    @cached_property
    def by_number(self) -> dict[str, Customer]:
        """Customers by their phone number."""
        return {customer.digits: customer for customer in self.customers}

    def acknowledged(self, *acts: Act) -> list[AnsweredAct]:
        """What the product took over."""
        return [
            each for each in self.answered if each.doing.act in acts and each.answer.acknowledged
        ]

    def who_stopped_first(self) -> list[Customer]:
        """Whose STOP was accepted, and of whose carts one came later, and was ignored."""
        stopped = {each.customer.customer_id for each in self.acknowledged(Act.STOP)}
        ignored = {row.customer_id for row in self.inbox if row.ignored_because}
        return [each for each in self.customers if each.customer_id in stopped & ignored]

    def who_had_journeys(self) -> list[Customer]:
        """Everyone else."""
        without = set(self.who_stopped_first())
        return [each for each in self.customers if each not in without]
