"""Delivering events of one customer to the journeys that want them, as few calls as possible."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from typing import Final

from clock import Clock
from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery
from ingest.order_signals import OrderSignals
from ingest.store_cache import StoreCache
from storage import journeys
from storage.database import Database
from storage.inbox import InboxRow
from temporal.gateway import JourneyGateway
from temporal.rpc import UndeliverableError

MAX_TOGETHER: Final = 100
"""Events of one signal: some 30 KB."""

Note = Callable[[InboxRow, CustomerRef | None], None]
"""Called with a delivered event, and whose open journey has it; None: none was open."""


class CustomerDelivery:
    """Delivers events in their order. What came together goes to a journey in one call."""

    def __init__(
        self,
        database: Database,
        gateway: JourneyGateway,
        orders: OrderSignals,
        stores: StoreCache,
        clock: Clock,
    ) -> None:
        """Deliver through this gateway, orders through theirs."""
        self._database = database
        self._journeys = gateway
        self._orders = orders
        self._stores = stores
        self._clock = clock

    async def deliver(
        self, rows: Sequence[InboxRow], note: Note, *, may_be_open: bool = True
    ) -> None:
        """Deliver events of one customer.

        Args:
            rows: in their order.
            note: called for each event that is delivered.
            may_be_open: whether to look for an open journey before one is started. Either way
                gives the same result; the right guess saves a call.

        Raises:
            TemporalUnavailableError: it is not known what became of the first that is not noted.
            UndeliverableError: Temporal refuses it.
        """
        for run in _runs(rows):
            if run[0].event.kind == EventKind.ORDER_PLACED:
                note(run[0], await self._orders.signal(run[0]) if run[0].signalled else None)
            elif run[0].event.kind == OPERATOR_EXIT:
                ended = await self._journeys.request_exit(run[0].customer, run[0].event)
                note(run[0], run[0].customer if ended else None)
            else:
                may_be_open = await self._deliver_run(run, note, may_be_open=may_be_open)

    async def _deliver_run(self, run: Sequence[InboxRow], note: Note, *, may_be_open: bool) -> bool:
        """Deliver events that may start a journey; whether one is open then."""
        if may_be_open and await self._signal(run):
            _note_all(run, note, run[0].customer)
            return True
        first = _first_starting(run)
        _note_all(run[:first], note, None)
        if first == len(run):
            return False
        await self._start(run[first:])
        _note_all(run[first:], note, run[0].customer)
        return True

    async def _signal(self, run: Sequence[InboxRow]) -> bool:
        """Whether an open journey has the events; it reads others from the inbox itself."""
        events = [row.event for row in run if row.signalled]
        return bool(events) and await self._journeys.signal_events(run[0].customer, events)

    async def _start(self, run: Sequence[InboxRow]) -> None:
        """Start a journey, or give the events to the one that is open.

        Raises:
            UndeliverableError: that journey closes, or has closed, without the events.
        """
        customer = run[0].customer
        store = await self._stores.existing(customer.store_id)
        events = [row.event for row in run if row.signalled or row is run[0]]
        open_run = await self._journeys.start(customer, events, store.config, self._clock())
        if open_run is None or await self._has_another_way(run, open_run):
            return
        raise UndeliverableError("a journey closed in between")

    async def _has_another_way(self, run: Sequence[InboxRow], open_run: str) -> bool:
        if any(row.signalled for row in run):
            return await self._signal(run)
        async with self._database.reading() as connection:
            return not await journeys.is_recorded(connection, open_run)


def _runs(rows: Sequence[InboxRow]) -> Iterator[Sequence[InboxRow]]:
    """Events that go together: orders and exits go alone."""
    for alone, group in groupby(rows, _goes_alone):
        size = 1 if alone else MAX_TOGETHER
        while run := list(islice(group, size)):
            yield run


def _goes_alone(row: InboxRow) -> bool:
    return row.event.kind in {EventKind.ORDER_PLACED, OPERATOR_EXIT}


def _first_starting(run: Sequence[InboxRow]) -> int:
    starting = (n for n, row in enumerate(run) if row.delivery is Delivery.SIGNAL_OR_START)
    return next(starting, len(run))


def _note_all(run: Sequence[InboxRow], note: Note, reached: CustomerRef | None) -> None:
    for row in run:
        note(row, reached)
