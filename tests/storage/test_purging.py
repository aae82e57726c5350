"""Old data is deleted batch by batch, unless it may still be needed."""

from typing import Any

import pytest
from sqlalchemy import update

from domain.events.kinds import ORDER_KINDS, EventKind
from domain.journey.outcomes import ClosedJourney, Decision, Outcome, Reason
from domain.journey.routing import Delivery, Routing
from storage import (
    inbox,
    journeys,
    message_reports,
    messages,
    purging,
    quarantine,
    suppressions,
)
from storage.database import Database
from storage.messages import ERASED, LedgerUpdate, MessageStatus
from storage.quarantine import Rejected
from storage.tables import inbox as inbox_table
from tests.storage.builders import (
    CUSTOMER,
    DETAILS,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
    key,
    later,
)

IGNORED = Routing(Delivery.SIGNAL_ONLY, "no open journey for this order to end")


async def delivered(database: Database, *event_ids: str) -> None:
    async with database.transaction() as connection:
        chosen = inbox_table.c.event_id.in_(event_ids)
        values = {"dispatched_at": NOW, "leased_until": None}
        await connection.execute(update(inbox_table).where(chosen).values(**values))


async def close(database: Database, run_id: str = "r1", at: float = 1, **changes: Any) -> None:
    decision = Decision(at=NOW, decision="exited", because="order_placed", evidence={"x": "y"})
    values: dict[str, Any] = {
        "run_id": run_id,
        "store_id": STORE,
        "customer_id": CUSTOMER,
        "trigger": None,
        "outcome": Outcome.EXITED,
        "reason": Reason.ORDER_PLACED,
        "evidence": {"x": "y"},
        "decisions": [decision],
        "closed_at": later(at),
    }
    async with database.transaction() as connection:
        await journeys.record(connection, ClosedJourney(**(values | changes)))


async def delete_events(database: Database, seconds: float = 10) -> int:
    async with database.transaction() as connection:
        return await purging.events(connection, STORE, CUSTOMER, later(seconds))


async def test_events_of_a_closed_journey_are_deleted(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("e1"), store_id=OTHER_STORE)
    await delivered(registered, "e1")
    await close(registered)
    assert await delete_events(registered) == 1
    async with registered.reading() as connection:
        assert await inbox.body(connection, STORE, "e1") is None
        assert await inbox.body(connection, OTHER_STORE, "e1") is not None


async def test_event_that_a_journey_received_stays_until_one_has_closed(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"))
    await delivered(registered, "e1")
    assert await delete_events(registered) == 0
    await close(registered, at=-1)
    assert await delete_events(registered) == 0
    await close(registered, "r2")
    assert await delete_events(registered) == 1


async def test_event_that_no_journey_received_is_deleted(registered: Database) -> None:
    await accept(registered, an_event("e1", EventKind.ORDER_PLACED), routing=IGNORED)
    await delivered(registered, "e1")
    assert await delete_events(registered) == 1


@pytest.mark.parametrize("kind", sorted(ORDER_KINDS))
async def test_old_orders_are_deleted_whoever_received_them(
    registered: Database, kind: str
) -> None:
    await accept(registered, an_event("e1", kind), routing=Routing(Delivery.SIGNAL_ONLY))
    await delivered(registered, "e1")
    assert await delete_events(registered) == 1


async def test_no_event_of_a_customer_is_deleted_while_one_is_undelivered(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("e2"))
    await delivered(registered, "e1")
    await close(registered)
    assert await delete_events(registered) == 0


async def test_newer_events_stay(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    await delivered(registered, "e1")
    await close(registered)
    assert await delete_events(registered, 0) == 0


async def test_customers_are_named_page_by_page(
    registered: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH_SIZE", 2)
    for number, customer_id in enumerate(("a", "a", "b", "c")):
        await accept(registered, an_event(f"e{number}"), customer_id=customer_id)
    await accept(registered, an_event("x"), customer_id="d", store_id=OTHER_STORE)
    async with registered.reading() as connection:
        first = await purging.customers_of(connection, STORE, later(), "")
        rest = await purging.customers_of(connection, STORE, later(), first[-1])
        none = await purging.customers_of(connection, STORE, NOW, "")
    assert (first, rest, none) == (["a", "b"], ["c"], [])


async def test_customers_with_the_same_number_are_concerned(registered: Database) -> None:
    await accept(registered, an_event("e1"), customer_id="guest", address_hash="h1")
    await accept(registered, an_event("e2"), address_hash="h1")
    await accept(registered, an_event("e3"), customer_id="other", address_hash="h2")
    await accept(registered, an_event("e4"), customer_id="nameless")
    async with registered.reading() as connection:
        assert await purging.concerned(connection, STORE, "guest") == {"guest", CUSTOMER}
        assert await purging.concerned(connection, STORE, "nameless") == {"nameless"}


async def test_customers_with_the_same_email_are_concerned(registered: Database) -> None:
    await accept(registered, an_event("e1"), customer_id="guest", email_hash="m1")
    await accept(registered, an_event("e2"), address_hash="h1", email_hash="m1")
    async with registered.reading() as connection:
        assert await purging.concerned(connection, STORE, CUSTOMER) == {"guest", CUSTOMER}


async def test_decisions_are_emptied_but_outcomes_stay(
    registered: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH_SIZE", 2)
    for number in range(3):
        await close(registered, f"r{number}", at=number)
    async with registered.transaction() as connection:
        before = await journeys.counted(connection, STORE, NOW, later(60))
        some, cursor = await purging.explanations(connection, STORE, later(2), None)
        assert (some, cursor) == (2, (later(1), "r1"))
        assert await purging.explanations(connection, STORE, later(2), cursor) == (0, None)
        assert await journeys.counted(connection, STORE, NOW, later(60)) == before
        last = await journeys.latest(connection, STORE, CUSTOMER)
    assert last is not None
    assert len(last.decisions) == 1


async def test_ledger_stays_without_metas_ids(registered: Database) -> None:
    async with registered.transaction() as connection:
        for step, status in ((1, MessageStatus.ACCEPTED), (2, None)):
            message_id = await messages.claim(connection, key(step), DETAILS, NOW)
            if status:
                values = LedgerUpdate(status, provider_id="wamid.1")
                await messages.settle(connection, message_id, NOW, values)
        assert await purging.provider_ids(connection, STORE, NOW, None) == (0, None)
        assert await purging.provider_ids(connection, STORE, later(), None) == (1, None)
        assert await purging.provider_ids(connection, STORE, later(), None) == (0, None)
        (sent,) = await messages.for_step(connection, key(1))
        counted = await message_reports.counted(connection, STORE, NOW, later())
    assert (sent.status, sent.provider_id) == (MessageStatus.ACCEPTED, ERASED)
    assert sum(row["count"] for row in counted) == 2


async def test_old_quarantined_bodies_are_discarded_some_at_a_time(
    registered: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH_SIZE", 2)
    async with registered.transaction() as connection:
        for seconds in (0, 0, 0, 5):
            await quarantine.add(connection, Rejected(STORE, "{", []), later(seconds))
        removed = [await purging.quarantined(connection, later(1)) for _ in range(3)]
        left = await quarantine.size(connection)
    assert (removed, left) == ([2, 1, 0], 1)


async def test_opt_outs_are_never_deleted(registered: Database) -> None:
    await accept(registered, an_event("e1"), address_hash="hash")
    await delivered(registered, "e1")
    await close(registered)
    async with registered.transaction() as connection:
        await suppressions.add(connection, STORE, "hash", "said STOP", NOW)
    await delete_events(registered)
    async with registered.reading() as connection:
        assert await suppressions.because(connection, STORE, "hash") == "said STOP"


async def test_undelivered_events_of_any_of_the_customers_are_found(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    async with registered.reading() as connection:
        assert await purging.any_undelivered(connection, STORE, {"unknown", CUSTOMER})
        assert not await purging.any_undelivered(connection, STORE, {"unknown"})
