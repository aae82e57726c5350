"""The queue behind the commit: accepted events on their way to journeys, in this process.

Each customer's events are delivered in order, one call at a time, and what has gathered meanwhile
goes in the next call. Stores take turns.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from clock import Clock
from domain.events.kinds import OPERATOR_EXIT
from domain.journey.identity import CustomerRef
from ingest.delivery_pace import MAX, DeliveryPace
from ingest.dispatcher import LEASE, Dispatcher
from ingest.gathering import Gathering
from storage.inbox import InboxRow
from temporal.rpc import TemporalUnavailableError

MAX_QUEUED: Final = 1000
"""Events; what comes then is left to the dispatcher. So many are delivered within their lease."""

PAUSE_AFTER_FAILURE: Final = timedelta(seconds=5)
"""While Temporal is unavailable, events stay in the inbox; after this one is tried again."""

log = structlog.get_logger()


@dataclass(frozen=True, eq=False)
class Queued:
    """An event in the queue."""

    row: InboxRow
    may_be_open: bool
    """Whether its customer had a journey when it was accepted, as far as was known."""
    reached: asyncio.Future[CustomerRef | None] = field(default_factory=asyncio.Future)
    """Whose journey has it, or will have it; None: none was open."""

    @property
    def is_urgent(self) -> bool:
        """Whether it stops a journey: it does not wait for other events."""
        event = self.row.event
        return event.takes_back or event.kind == OPERATOR_EXIT

    def settle(self, reached: CustomerRef | None) -> None:
        """Tell who waits for it."""
        if not self.reached.done():
            self.reached.set_result(reached)


class DeliveryQueue:
    """Delivers what this process accepted."""

    def __init__(
        self, dispatcher: Dispatcher, clock: Clock, waited: Callable[[], timedelta]
    ) -> None:
        """Deliver through this dispatcher, which also takes over what this queue gives up.

        Args:
            dispatcher: delivers a customer's events, and events that there is no room for.
            clock: the current time.
            waited: how long events took to be stored just now.
        """
        self._dispatcher = dispatcher
        dispatcher.marks.written = self.marked
        self._clock = clock
        self._accepted = 0
        self._pace = DeliveryPace(lambda: self._accepted, waited, self._take_turn)
        self._gathering = Gathering(self._make_ready)
        self._events: dict[CustomerRef, deque[Queued]] = {}
        self._ready: OrderedDict[str, deque[CustomerRef]] = OrderedDict()
        self._contexts: dict[CustomerRef, Context] = {}
        """Of the requests whose events are the next of each customer: their traces go on."""
        self._under_way: set[CustomerRef] = set()
        self._newest: dict[CustomerRef, int] = {}
        self._queued = 0
        self._left_behind = False
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._unavailable_until: datetime | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def has_room(self, now: datetime) -> bool:
        """Whether events may be added: there is room, and Temporal is not known to be away."""
        is_away = self._unavailable_until is not None and now < self._unavailable_until
        is_full = self._queued >= MAX_QUEUED
        self._left_behind |= is_full
        return not is_full and not is_away

    def newest(self, customer: CustomerRef) -> int | None:
        """The customer's newest event in this queue whose delivery is not marked yet."""
        return self._newest.get(customer)

    def add(self, queued: Queued) -> None:
        """Deliver an event that was just stored, under a lease of this process."""
        customer = queued.row.customer
        self._newest[customer] = queued.row.id
        self._queued += 1
        self._accepted += 1
        self._idle.clear()
        self._pace.start()
        now = asyncio.get_running_loop().time()
        self._gathering.note_event(now)
        if not self._events.get(customer):
            self._contexts[customer] = copy_context()
        if customer in self._events:
            self._events[customer].append(queued)
            if queued.is_urgent:
                self._gathering.end(customer)
                self._make_ready(customer, first=True)
            return
        self._events[customer] = deque([queued])
        if self._gathering.is_rush(now) and not queued.is_urgent:
            self._gathering.begin(customer)
        else:
            self._make_ready(customer, first=queued.is_urgent)

    async def idle(self) -> None:
        """Wait until everything is delivered and marked, or given up."""
        await self._idle.wait()
        await self._dispatcher.marked()

    async def close(self) -> None:
        """Deliver no more than what is under way; give the rest to the dispatcher."""
        self._closing = True
        while self._tasks:
            await asyncio.wait(self._tasks)
        left = [each for events in self._events.values() for each in events]
        self._events.clear()
        self._idle.set()
        await self._give_up(left)
        await self._dispatcher.marked()

    def _make_ready(self, customer: CustomerRef, *, first: bool = False) -> None:
        """Have a customer's events delivered in their turn, or first of all, however busy it is."""
        of_store = self._ready.setdefault(customer.store_id, deque())
        if first:
            of_store.appendleft(customer)
            self._ready.move_to_end(customer.store_id, last=False)
        else:
            of_store.append(customer)
        self._begin(at_least=min(len(self._tasks) + 1, MAX) if first else 0)

    def _take_turn(self) -> bool:
        """Go on, by one delivery at least; whether there is anything left."""
        self._begin(at_least=1)
        return bool(self._events)

    def _begin(self, at_least: int = 0) -> None:
        """Begin as many deliveries as there is room for."""
        limit = max(at_least, self._pace.limit)
        while self._ready and not self._closing and len(self._tasks) < limit:
            store_id, customers = self._ready.popitem(last=False)
            customer = customers.popleft()
            if customers:
                self._ready[store_id] = customers
            if customer in self._under_way or customer not in self._events:
                continue  # what is urgent was ready twice
            self._under_way.add(customer)
            self._spawn(self._deliver(customer), self._contexts.pop(customer, None))

    def _has_spare_time(self) -> bool:
        return not self._closing and self._pace.is_high

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._begin()
        if self._left_behind and not self._ready and self._has_spare_time():
            self._left_behind = False
            self._spawn(self._catch_up())
        if not self._events and not self._tasks:
            self._idle.set()

    def _spawn(self, work: Coroutine[Any, Any, None], context: Context | None = None) -> None:
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _catch_up(self) -> None:
        """Deliver what there was no room for, while few events come."""
        try:
            while self._has_spare_time() and await self._dispatcher.sweep():
                pass
        except (TemporalUnavailableError, SQLAlchemyError, OSError) as error:
            log.warning("events are delivered later", because=type(error).__name__)

    async def _deliver(self, customer: CustomerRef) -> None:
        """Deliver what a customer has in the queue now; what comes meanwhile is next."""
        together = list(self._events[customer])
        self._events[customer].clear()
        try:
            await self._deliver_together(together)
        finally:
            self._queued -= len(together)
            self._under_way.discard(customer)
            if self._events[customer]:
                urgent = any(each.is_urgent for each in self._events[customer])
                self._make_ready(customer, first=urgent)
            else:
                del self._events[customer]

    async def _deliver_together(self, together: Sequence[Queued]) -> None:
        if self._clock() - together[0].row.received_at > LEASE / 2:
            await self._give_up(together)  # another process may take them over soon
            return
        by_id = {each.row.id: each for each in together}

        def note(row: InboxRow, reached: CustomerRef | None) -> None:
            by_id.pop(row.id).settle(reached)

        rows = [each.row for each in together]
        try:
            await self._dispatcher.deliver(rows, note, may_be_open=together[0].may_be_open)
        except TemporalUnavailableError:
            self._unavailable_until = self._clock() + PAUSE_AFTER_FAILURE
        except Exception as error:  # noqa: BLE001  # the lease runs out, and a sweep tries again
            log.error("events are delivered later", because=type(error).__name__)  # noqa: TRY400  # a traceback would quote them
        finally:
            self._forget(by_id.values())

    def _forget(self, given_up: Iterable[Queued]) -> None:
        """Events that another process delivers later: their journeys will have them."""
        for each in given_up:
            each.settle(each.row.receiver)
            self.marked([each.row])

    def marked(self, rows: Iterable[InboxRow]) -> None:
        """Forget events whose delivery is marked, or left to others."""
        for row in rows:
            if self._newest.get(row.customer) == row.id:
                del self._newest[row.customer]

    async def _give_up(self, queued: Sequence[Queued]) -> None:
        self._forget(queued)
        try:
            await self._dispatcher.release([each.row for each in queued])
        except (SQLAlchemyError, OSError) as error:  # their leases run out
            log.warning("events are delivered later", because=type(error).__name__)
