"""Accepting events: one transaction that routes and stores a group of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from clock import Clock
from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery
from ingest.candidates import Candidate, Routed, customer_of, locks_of, routed, with_current_stores
from ingest.delivery_marks import DeliveryMarks
from ingest.delivery_queue import DeliveryQueue, Queued
from ingest.dispatcher import LEASE
from ingest.event_routing import PreparedEvent
from ingest.group_commit import GroupCommit
from ingest.result_recording import Stored, record_results
from storage import inbox_batch, personal_ids
from storage.database import Database, lock_each
from storage.inbox import InboxRow
from storage.inbox_batch import Accepting


@dataclass(frozen=True)
class Accepted:
    """A stored event."""

    row: InboxRow | None
    """None: its store already had its id."""
    journey: CustomerRef | None
    """Whose journey has it, or will have it, as far as the database knows; an order's may be
    another customer's."""
    queued: Queued | None = None
    """Its place in the queue of this process; None: it needs no delivery, or waits for others."""


class Acceptance:
    """Stores events, and queues what is to be delivered."""

    def __init__(
        self, database: Database, queue: DeliveryQueue, marks: DeliveryMarks, clock: Clock
    ) -> None:
        """Store in this database, with marks of what was delivered; deliver through this queue."""
        self._database = database
        self._queue = queue
        self._marks = marks
        self._clock = clock
        self._group = GroupCommit[Candidate, Accepted](
            self._commit,
            self._commit_alone,
            store_of=lambda each: customer_of(each).store_id,
            customer_of=customer_of,
        )

    @property
    def waited(self) -> timedelta:
        """How long events took to be stored just now."""
        return self._group.waited

    async def accept(self, candidate: Candidate) -> Accepted:
        """Store an event; it is committed when this returns, and its delivery begins.

        Callers go on in the order in which their events were stored, before the next transaction.
        """
        accepted = await self._group.add(candidate)
        if accepted.queued is not None:
            self._queue.add(accepted.queued)
        return accepted

    async def _commit(self, group: Sequence[Candidate]) -> list[Accepted | None]:
        """Store those whose locks are free; None for the others."""
        now = self._clock()
        async with (
            self._marks.riding() as write_marks,
            self._database.transaction() as connection,
        ):
            current = await with_current_stores(connection, group)
            names = [name for each in current for name in locks_of(each)]
            busy = await inbox_batch.try_locks(connection, names)
            aside = {customer_of(each) for each in current if busy.intersection(locks_of(each))}
            free = [each for each in current if customer_of(each) not in aside]
            stored = iter(await self._store(connection, free, now))
            await write_marks(connection)
        return [None if customer_of(each) in aside else next(stored) for each in current]

    async def _commit_alone(self, group: Sequence[Candidate]) -> list[Accepted]:
        """Store events of one customer, and wait for their locks."""
        now = self._clock()
        async with self._database.transaction() as connection:
            current = await with_current_stores(connection, group)
            names = {name for each in current for name in locks_of(each)}
            # the customer's, then numbers, then e-mail addresses, as everywhere
            await lock_each(
                connection, sorted(names, key=lambda name: (name[0] != "customer", name))
            )
            return await self._store(connection, current, now)

    async def _store(
        self, connection: AsyncConnection, candidates: Sequence[Candidate], now: datetime
    ) -> list[Accepted]:
        if not candidates:
            return []
        deliveries = _Deliveries(self._queue, now)
        routes = await routed(connection, candidates, now)
        planned = [deliveries.plan(each) for each in routes]
        rows = await inbox_batch.add_all(connection, [each.accepting for each in planned], now)
        await record_results(connection, _new(candidates, routes, rows), now)
        posted = (each for each in candidates if isinstance(each, PreparedEvent))
        for store_id in {each.store.store_id for each in posted if each.has_personal_id}:
            await personal_ids.note(connection, store_id, now)
        return [
            Accepted(row, each.journey, _place(row, each))
            for row, each in zip(rows, planned, strict=True)
        ]


def _new(
    candidates: Sequence[Candidate], routes: Sequence[Routed], rows: Sequence[InboxRow | None]
) -> list[Stored]:
    """The posted events that are stored now for the first time."""
    return [
        Stored(each, row.event.at, route.person)
        for each, route, row in zip(candidates, routes, rows, strict=True)
        if row is not None and isinstance(each, PreparedEvent)
    ]


@dataclass(frozen=True)
class _Planned:
    accepting: Accepting
    may_be_open: bool
    journey: CustomerRef | None


def _place(row: InboxRow | None, planned: _Planned) -> Queued | None:
    if row is None or planned.accepting.leased_until is None:
        return None
    return Queued(row, may_be_open=planned.may_be_open)


class _Deliveries:
    """How the events of one transaction are delivered, in their order."""

    def __init__(self, queue: DeliveryQueue, now: datetime) -> None:
        self._queue = queue
        self._now = now
        self._started: set[CustomerRef] = set()
        self._waiting: dict[CustomerRef, bool] = {}

    def plan(self, routed_event: Routed) -> _Planned:
        """Decide on the next event."""
        new, facts = routed_event.new, routed_event.facts
        customer = CustomerRef(new.store_id, new.customer_id)
        may_be_open = facts.may_be_open or customer in self._started
        ever_started = facts.ever_started or customer in self._started
        if new.routing.delivery is Delivery.SIGNAL_OR_START:
            self._started.add(customer)
        has_journey = may_be_open or customer in self._started
        journey = customer if has_journey else routed_event.stops
        if _needs_no_delivery(routed_event, ever_started=ever_started):
            return _Planned(Accepting(new, None, is_delivered=True), may_be_open, journey)
        waits = self._waiting.setdefault(customer, self._must_wait(customer, facts.newest_waiting))
        leased_until = None if waits else self._now + LEASE
        return _Planned(Accepting(new, leased_until, is_delivered=False), may_be_open, journey)

    def _must_wait(self, customer: CustomerRef, newest_waiting: int | None) -> bool:
        """Whether the dispatcher must deliver it: in order, or when there is room again."""
        others_wait = newest_waiting is not None and newest_waiting != self._queue.newest(customer)
        return others_wait or not self._queue.has_room(self._now)


def _needs_no_delivery(routed_event: Routed, *, ever_started: bool) -> bool:
    """Whether no journey can want it: an order may stop other customers' journeys."""
    new = routed_event.new
    if new.routing.delivery is Delivery.STORE_ONLY:
        return True
    about_own_journey = new.event.kind not in {EventKind.ORDER_PLACED, OPERATOR_EXIT}
    is_signal = new.routing.delivery is Delivery.SIGNAL_ONLY
    return is_signal and about_own_journey and not ever_started
