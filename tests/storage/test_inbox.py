import asyncio
from datetime import timedelta

import pytest

from domain.events import JourneyEvent
from domain.kinds import OPERATOR_EXIT, Kind
from domain.reception import Delivery, Reception
from storage import inbox
from storage.database import Database
from tests.storage.keeping import (
    CUSTOMER,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
    key,
    later,
    lease,
    until_done_or_waiting,
)


async def stop(database: Database, customer_id: str = CUSTOMER) -> JourneyEvent | None:
    async with database.reading() as connection:
        return await inbox.stopped_by(connection, key(customer_id=customer_id), "hash")


async def test_event_is_kept_as_it_came(registered: Database) -> None:
    event = an_event("e1", at=NOW + timedelta(milliseconds=1))
    row = await accept(registered, event)
    assert row is not None
    assert (row.store_id, row.customer_id, row.event) == (STORE, CUSTOMER, event)
    async with registered.reading() as connection:
        assert await inbox.latest(connection, STORE, CUSTOMER) == row
        body = await inbox.body(connection, STORE, "e1")
        assert await inbox.body(connection, OTHER_STORE, "e1") is None
    assert body == {"event_id": "e1", "customer": {"phone": "+919876543210"}}


async def test_event_id_is_taken_once_in_each_store(registered: Database) -> None:
    assert await accept(registered, an_event("e1")) is not None
    assert await accept(registered, an_event("e1"), customer_id="another") is None
    assert await accept(registered, an_event("e1"), store_id=OTHER_STORE) is not None


async def test_event_posted_many_times_at_once_is_accepted_once(registered: Database) -> None:
    rows = await asyncio.gather(
        *(accept(registered, an_event("e1"), customer_id=f"c{n % 2}") for n in range(6))
    )
    assert len([row for row in rows if row is not None]) == 1


async def test_event_that_is_only_kept_is_never_leased(registered: Database) -> None:
    await accept(registered, an_event("e1"), reception=Reception(Delivery.KEEP, "too old"))
    assert await lease(registered, later(3600)) == []


async def test_events_are_leased_oldest_first_and_once(registered: Database) -> None:
    for number in range(3):
        await accept(registered, an_event(f"e{number}"))
    assert await lease(registered, most=2) == ["e0", "e1"]
    assert await lease(registered, later(1)) == []
    assert await lease(registered, later(61)) == ["e0", "e1", "e2"]


async def test_customer_somebody_is_busy_with_is_left_alone(registered: Database) -> None:
    await accept(registered, an_event("e1"), leased=True)
    await accept(registered, an_event("e2"))
    await accept(registered, an_event("e3"), customer_id="c2")
    await accept(registered, an_event("e4"), store_id=OTHER_STORE)
    assert await lease(registered) == ["e3", "e4"]


async def test_second_dispatcher_does_not_overtake_the_first(registered: Database) -> None:
    for number in range(3):
        await accept(registered, an_event(f"e{number}"))
    async with registered.transaction() as connection:
        rows = await inbox.lease_due(connection, NOW, later(60), 2)
        second = asyncio.create_task(lease(registered))
        await until_done_or_waiting(registered, second)
    assert [row.event.event_id for row in rows] == ["e0", "e1"]
    assert await second == []


async def test_event_given_back_is_leased_again(registered: Database) -> None:
    row = await accept(registered, an_event("e1"), leased=True)
    assert row is not None
    assert await lease(registered) == []
    async with registered.transaction() as connection:
        await inbox.give_back(connection, row.id)
    assert await lease(registered) == ["e1"]


async def test_earlier_undelivered_event_of_the_customer_is_a_backlog(
    registered: Database,
) -> None:
    first, second = (
        await accept(registered, an_event("e1")),
        await accept(registered, an_event("e2")),
    )
    other = await accept(registered, an_event("e3"), customer_id="c2")
    assert first is not None
    assert second is not None
    assert other is not None
    async with registered.transaction() as connection:
        backlogs = [await inbox.has_backlog(connection, row) for row in (first, second, other)]
        await inbox.mark_dispatched(connection, first.id, NOW, to_open_journey=True)
        assert not await inbox.has_backlog(connection, second)
    assert backlogs == [False, True, False]


@pytest.mark.parametrize("to_open_journey", [True, False])
async def test_dispatched_event_is_done_and_not_ignored_when_a_journey_heard_of_it(
    registered: Database, to_open_journey: bool
) -> None:
    ignored = Reception(Delivery.INFORM, "no plan for product_view")
    row = await accept(registered, an_event("e1"), reception=ignored)
    assert row is not None
    async with registered.transaction() as connection:
        await inbox.mark_dispatched(connection, row.id, NOW, to_open_journey=to_open_journey)
        latest = await inbox.latest(connection, STORE, CUSTOMER)
    assert latest is not None
    assert latest.ignored_because == (None if to_open_journey else ignored.ignored_because)
    assert await lease(registered, later(3600)) == []


async def test_order_placed_since_the_trigger_stops_messages_delivered_or_not(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("before", Kind.ORDER_PLACED, later(-1)))
    await accept(registered, an_event("view", Kind.PRODUCT_VIEW, later()))
    await accept(registered, an_event("theirs", Kind.ORDER_PLACED, later()), customer_id="c2")
    await accept(registered, an_event("there", Kind.ORDER_PLACED, later()), store_id=OTHER_STORE)
    assert await stop(registered) is None
    order = an_event("same moment", Kind.ORDER_PLACED, NOW)
    await accept(registered, order)
    assert await stop(registered) == order


async def test_operators_exit_stops_what_was_accepted_before_it(registered: Database) -> None:
    await accept(registered, an_event("old-exit", OPERATOR_EXIT, later(-60)))
    await accept(registered, an_event("e1"))
    assert await stop(registered) is None
    leave = an_event("exit", OPERATOR_EXIT, later(-30))  # by whichever clock
    await accept(registered, leave)
    assert await stop(registered) == leave


async def test_no_store_waits_for_all_that_another_has_waiting(registered: Database) -> None:
    for number in range(4):
        await accept(registered, an_event(f"many-{number}"), customer_id=f"c{number}")
    await accept(registered, an_event("few"), store_id=OTHER_STORE)

    assert await lease(registered, most=3) == ["few", "many-0", "many-1"]
    assert await lease(registered, most=3) == ["many-2", "many-3"]
