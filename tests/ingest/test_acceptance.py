"""Events that are accepted in one transaction, with a gateway that notes what it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bootstrap import make_dispatcher, make_intake
from domain.events.journey_event import JourneyEvent
from domain.journey.identity import CustomerRef
from domain.stores.config import StoreConfig
from ingest import delivery_queue
from ingest.delivery_pace import MAX
from ingest.dispatcher import LEASE
from ingest.intake import Intake
from ingest.receipts import Receipt, ReceiptStatus
from sandbox.samples import fresh
from storage import stores, suppressions
from storage.database import Database, lock
from storage.stores import Store
from storage.tables import inbox
from temporal.gateway import JourneyGateway
from temporal.rpc import TemporalUnavailableError
from tests.storage.builders import STORE, a_config

PLANS = {"cart_update": [{"after": "1h", "template": "reminder", "language": "en"}]}


TRACE = ContextVar("trace", default="")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class NotedGateway(JourneyGateway):
    """Journeys that are open as soon as they are started, and the calls that they got."""

    calls: list[tuple[str, str, list[str]]] = field(default_factory=list)
    open: set[CustomerRef] = field(default_factory=set)
    traces: dict[str, str] = field(default_factory=dict)
    away: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Let calls pass."""
        self.gate.set()

    async def _call(self, name: str, customer: CustomerRef, events: Sequence[JourneyEvent]) -> None:
        await self.gate.wait()
        if self.away:
            raise TemporalUnavailableError("simulated")
        self.calls.append((name, customer.customer_id, [each.event_id for each in events]))
        self.traces[customer.customer_id] = TRACE.get()

    async def signal_event(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        return await self.signal_events(customer, [event])

    async def signal_events(self, customer: CustomerRef, events: Sequence[JourneyEvent]) -> bool:
        await self._call("signal", customer, events)
        return customer in self.open

    async def start(
        self,
        customer: CustomerRef,
        events: Sequence[JourneyEvent],
        config: StoreConfig,
        now: datetime,
    ) -> str | None:
        del config, now
        await self._call("start", customer, events)
        if customer in self.open:
            return "run"
        self.open.add(customer)
        return None

    async def request_exit(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        await self._call("exit", customer, [event])
        return customer in self.open


@pytest.fixture
def gateway() -> NotedGateway:
    return NotedGateway()


@pytest.fixture
async def store(database: Database) -> Store:
    async with database.transaction() as connection:
        made = await stores.put(connection, STORE, a_config(plans=PLANS), now())
    assert made is not None
    return made


@pytest.fixture
async def intake(database: Database, gateway: NotedGateway) -> AsyncIterator[Intake]:
    made = make_intake(database, gateway, now)
    yield made
    await made.close()


def body(event_id: str, customer_id: str = "c1", **changes: Any) -> bytes:
    event = fresh(
        "cart_update.add_to_cart",
        event_id=event_id,
        customer_id=customer_id,
        at=now(),
        **{"organization_id": "org"} | changes,
    )
    return json.dumps(event).encode()


async def post(intake: Intake, store: Store, *bodies: bytes) -> list[Receipt]:
    """Post at once."""
    return list(await asyncio.gather(*(intake.accept_posted(store, each) for each in bodies)))


async def undelivered(database: Database) -> list[str]:
    query = select(inbox.c.event_id).where(inbox.c.dispatched_at.is_(None)).order_by(inbox.c.id)
    async with database.reading() as connection:
        return list((await connection.execute(query)).scalars())


async def test_first_event_of_a_customer_starts_without_looking_for_a_journey(
    intake: Intake, store: Store, gateway: NotedGateway
) -> None:
    for event_id in ("e1", "e2"):
        await post(intake, store, body(event_id))
        await intake.delivered()
    assert gateway.calls == [("start", "c1", ["e1"]), ("signal", "c1", ["e2"])]


async def test_events_of_a_customer_that_come_together_go_in_one_call(
    intake: Intake, store: Store, gateway: NotedGateway, database: Database
) -> None:
    receipts = await post(intake, store, *(body(f"e{number}") for number in range(4)))
    await intake.delivered()
    assert {each.status for each in receipts} == {ReceiptStatus.ACCEPTED}
    assert gateway.calls == [("start", "c1", ["e0", "e1", "e2", "e3"])]
    assert await undelivered(database) == []


async def test_what_comes_while_a_call_is_under_way_goes_in_the_next_one(
    intake: Intake, store: Store, gateway: NotedGateway
) -> None:
    gateway.gate.clear()
    for number in range(4):
        await post(intake, store, body(f"e{number}"))
    gateway.gate.set()
    await intake.delivered()
    assert gateway.calls == [("start", "c1", ["e0"]), ("signal", "c1", ["e1", "e2", "e3"])]


async def test_orders_and_exits_keep_their_place(
    intake: Intake, store: Store, gateway: NotedGateway
) -> None:
    gateway.gate.clear()
    await post(intake, store, body("first"))
    await post(intake, store, body("cart"))
    await post(intake, store, body("order", event_name="order_placed"))
    exiting = asyncio.create_task(intake.exit(store, "c1"))
    await asyncio.sleep(0)  # its place comes with its beginning
    await post(intake, store, body("last"))
    gateway.gate.set()
    await intake.delivered()
    assert (await exiting).status is ReceiptStatus.ACCEPTED
    assert [call for call, *_ in gateway.calls] == ["start", "signal", "signal", "exit", "signal"]


async def test_same_event_twice_in_one_transaction_is_stored_once(
    intake: Intake, store: Store, database: Database
) -> None:
    receipts = await post(intake, store, body("e1"), body("e1"), body("e1"))
    assert sorted(each.status for each in receipts) == ["accepted", "duplicate", "duplicate"]
    async with database.reading() as connection:
        assert len((await connection.execute(select(inbox))).all()) == 1


async def test_event_without_a_plan_is_ignored_and_calls_nothing_before_any_journey(
    intake: Intake, store: Store, gateway: NotedGateway, database: Database
) -> None:
    [before] = await post(intake, store, body("view", event_name="product_view", event_data={}))
    await post(intake, store, body("cart"))
    [after] = await post(intake, store, body("view-2", event_name="product_view", event_data={}))
    await intake.delivered()
    assert (before.status, before.reason) == ("ignored", "no plan for product_view")
    assert (after.status, after.journey_id) == ("accepted", f"journey:{STORE}:c1")
    assert gateway.calls == [("start", "c1", ["cart"]), ("signal", "c1", ["view-2"])]
    assert await undelivered(database) == []


async def test_one_suppressed_customer_among_others_is_ignored(
    intake: Intake, store: Store, database: Database
) -> None:
    numbers = [f"+9198765432{number}0" for number in range(3)]
    await post(intake, store, body("known", "c0", phone=numbers[0]))
    async with database.transaction() as connection:
        hashed = (await connection.execute(select(inbox.c.address_hash))).scalar_one()
        await suppressions.add(connection, STORE, hashed, "wrote STOP", now())
    bodies = (body(f"e{n}", f"c{n}", phone=number) for n, number in enumerate(numbers))
    receipts = await post(intake, store, *bodies)
    assert [each.status for each in receipts] == ["accepted", "accepted", "accepted"]
    assert receipts[0].journey_id is not None, "a journey of this customer is open already"
    [later] = await post(intake, store, body("late", "other id", phone=numbers[0]))
    assert (later.status, later.reason) == ("ignored", "opted out: this number is suppressed")


async def test_configuration_that_was_replaced_meanwhile_is_the_one_that_counts(
    intake: Intake, store: Store, database: Database
) -> None:
    async with database.transaction() as connection:
        changed = a_config(plans={"product_view": PLANS["cart_update"]})
        await stores.put(connection, STORE, changed, now() + timedelta(seconds=1))
    [receipt] = await post(intake, store, body("e1"))
    assert (receipt.status, receipt.reason) == ("ignored", "no plan for cart_update")


async def test_customer_who_is_locked_keeps_only_their_own_events_waiting(
    intake: Intake, store: Store, database: Database
) -> None:
    async with database.transaction() as connection:
        if connection.dialect.name == "sqlite":
            return  # there every writer is alone
        await lock(connection, "customer", STORE, "locked")
        locked = asyncio.create_task(post(intake, store, body("e1", "locked")))
        receipts = await post(intake, store, *(body(f"o{n}", f"c{n}") for n in range(3)))
        assert [each.status for each in receipts] == ["accepted"] * 3
        assert not locked.done()
    assert (await locked)[0].status is ReceiptStatus.ACCEPTED


async def test_event_that_another_process_is_storing_keeps_others_waiting_for_a_second_at_most(
    intake: Intake, store: Store, database: Database
) -> None:
    async with database.transaction() as connection:
        if connection.dialect.name == "sqlite":
            return
        columns = "store_id, event_id, customer_id, kind, intent, at, empties_cart, delivery, body"
        rest = "'elsewhere', 'cart_update', 3, now(), false, 'keep', '{}', now(), 0"
        await connection.execute(
            text(
                f"INSERT INTO inbox ({columns}, received_at, attempts)"
                f" VALUES ('{STORE}', 'same', {rest})"
            )
        )
        same = asyncio.create_task(post(intake, store, body("same", "mine")))
        others = await post(intake, store, *(body(f"o{n}", f"c{n}") for n in range(3)))
        assert [each.status for each in others] == ["accepted"] * 3
        assert not same.done()
    assert (await same)[0].status is ReceiptStatus.DUPLICATE


async def test_events_stay_for_the_dispatcher_while_temporal_is_away(
    intake: Intake, store: Store, gateway: NotedGateway, database: Database
) -> None:
    gateway.away = True
    await post(intake, store, body("e1"))
    await intake.delivered()
    receipts = await post(intake, store, body("e2"), body("e3", "c2"))
    await intake.delivered()
    assert [each.status for each in receipts] == ["accepted", "accepted"]
    assert await undelivered(database) == ["e1", "e2", "e3"]

    gateway.away = False
    await make_dispatcher(database, gateway, now).sweep()
    assert gateway.calls == [("start", "c1", ["e1", "e2"]), ("start", "c2", ["e3"])]
    assert await undelivered(database) == []


async def test_what_the_queue_has_no_room_for_is_delivered_after_it_and_in_order(
    intake: Intake,
    store: Store,
    gateway: NotedGateway,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery_queue, "MAX_QUEUED", 2)
    gateway.gate.clear()
    for number in range(6):
        await post(intake, store, body(f"e{number}", f"c{number % 2}"))
    gateway.gate.set()
    await intake.delivered()
    assert await undelivered(database) == []
    for customer, expected in (("c0", ["e0", "e2", "e4"]), ("c1", ["e1", "e3", "e5"])):
        got = [each for _, whose, ids in gateway.calls if whose == customer for each in ids]
        assert got == expected


async def test_events_that_wait_too_long_in_the_queue_are_left_to_the_dispatcher(
    store: Store, gateway: NotedGateway, database: Database
) -> None:
    time = [now()]
    intake = make_intake(database, gateway, lambda: time[0])
    gateway.gate.clear()
    await post(intake, store, body("e1"))
    await post(intake, store, body("e2"))
    time[0] += LEASE
    gateway.gate.set()
    await intake.delivered()
    assert gateway.calls == [("start", "c1", ["e1"])]
    assert await undelivered(database) == ["e2"]
    await make_dispatcher(database, gateway, lambda: time[0]).sweep()
    assert gateway.calls[-1] == ("signal", "c1", ["e2"])


async def test_process_that_stops_finishes_a_call_and_leaves_the_rest_to_others(
    intake: Intake, store: Store, gateway: NotedGateway, database: Database
) -> None:
    gateway.gate.clear()
    await post(intake, store, body("e1"))
    await post(intake, store, body("e2"))
    closing = asyncio.create_task(intake.close())
    await asyncio.sleep(0)
    gateway.gate.set()
    await closing
    assert await undelivered(database) == ["e2"]
    await make_dispatcher(database, gateway, now).sweep()
    assert gateway.calls == [("start", "c1", ["e1"]), ("signal", "c1", ["e2"])]


async def test_delivery_belongs_to_the_trace_of_its_own_request(
    intake: Intake, store: Store, gateway: NotedGateway
) -> None:
    async def traced(customer_id: str) -> None:
        TRACE.set(f"of {customer_id}")
        await post(intake, store, body(f"e-{customer_id}", customer_id))

    customers = [f"c{number}" for number in range(40)]
    await asyncio.gather(*(traced(each) for each in customers))
    await intake.delivered()
    assert gateway.traces == {each: f"of {each}" for each in customers}


async def test_what_came_during_a_call_belongs_to_its_own_trace(
    intake: Intake, store: Store, gateway: NotedGateway
) -> None:
    gateway.gate.clear()
    for trace in ("first", "second"):
        TRACE.set(trace)
        await post(intake, store, body(trace))
    TRACE.set("unrelated")
    gateway.gate.set()
    await intake.delivered()
    assert gateway.calls == [("start", "c1", ["first"]), ("signal", "c1", ["second"])]
    assert gateway.traces == {"c1": "second"}


async def test_leases_that_cannot_be_given_back_at_the_end_run_out(
    store: Store, gateway: NotedGateway, database: Database
) -> None:
    intake = make_intake(database, gateway, now)
    gateway.gate.clear()
    await post(intake, store, body("e1"))
    await post(intake, store, body("e2"))
    async with database.transaction() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME TO gone"))
    gateway.gate.set()
    await intake.close()
    await intake.delivered()
    async with database.transaction() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO inbox"))
    later = make_dispatcher(database, gateway, lambda: now() + 2 * LEASE)
    await later.sweep()
    assert await undelivered(database) == []


async def test_queue_remembers_no_customer_whose_events_are_marked(
    intake: Intake, store: Store
) -> None:
    await post(intake, store, *(body(f"e{number}", f"c{number % 3}") for number in range(9)))
    await intake.delivered()
    queue = intake._queue  # noqa: SLF001  # what it remembers is its memory
    assert [queue.newest(CustomerRef(STORE, f"c{number}")) for number in range(3)] == [None] * 3


async def test_exit_is_delivered_first_while_deliveries_give_way(
    intake: Intake, store: Store, gateway: NotedGateway
) -> None:
    await post(intake, store, body("cart", "leaving"))
    await intake.delivered()
    gateway.gate.clear()
    for number in range(MAX + 10):
        await post(intake, store, body(f"e{number}", f"c{number}"))
    exiting = asyncio.create_task(intake.exit(store, "leaving"))
    await asyncio.sleep(0)
    await post(intake, store, body("last", "last"))  # which is stored after the exit
    intake._queue._pace.limit = 0  # noqa: SLF001  # as in a rush
    gateway.gate.set()
    assert (await exiting).status is ReceiptStatus.ACCEPTED
    await intake.delivered()
    names = [name for name, *_ in gateway.calls]
    assert names.index("exit") <= MAX + 1
    assert len(names) == 1 + MAX + 10 + 2
