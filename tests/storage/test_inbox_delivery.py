import asyncio

import pytest

from domain.journey.routing import Delivery, Routing
from storage import inbox, inbox_delivery
from storage.database import Database
from tests.storage.builders import (
    CUSTOMER,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
    later,
    lease,
    until_done_or_waiting,
)


async def test_event_that_is_only_stored_is_never_leased(registered: Database) -> None:
    await accept(registered, an_event("e1"), routing=Routing(Delivery.STORE_ONLY, "too old"))
    assert await lease(registered, later(3600)) == []


async def test_events_are_leased_oldest_first_and_once(registered: Database) -> None:
    for number in range(3):
        await accept(registered, an_event(f"e{number}"))
    assert await lease(registered, limit=2) == ["e0", "e1"]
    assert await lease(registered, later(1)) == []
    assert await lease(registered, later(61)) == ["e0", "e1", "e2"]


async def test_customer_with_a_leased_event_is_left_out(registered: Database) -> None:
    await accept(registered, an_event("e1"), leased=True)
    await accept(registered, an_event("e2"))
    await accept(registered, an_event("e3"), customer_id="c2")
    await accept(registered, an_event("e4"), store_id=OTHER_STORE)
    assert await lease(registered) == ["e3", "e4"]


async def test_second_dispatcher_does_not_overtake_the_first(registered: Database) -> None:
    for number in range(3):
        await accept(registered, an_event(f"e{number}"))
    async with registered.transaction() as connection:
        rows = await inbox_delivery.lease_due(connection, NOW, later(60), 2)
        second = asyncio.create_task(lease(registered))
        await until_done_or_waiting(registered, second)
    assert [row.event.event_id for row in rows] == ["e0", "e1"]
    assert await second == []


async def test_event_given_back_is_leased_again(registered: Database) -> None:
    row = await accept(registered, an_event("e1"), leased=True)
    assert row is not None
    assert await lease(registered) == []
    async with registered.transaction() as connection:
        await inbox_delivery.give_back(connection, [row.id])
    assert await lease(registered) == ["e1"]


@pytest.mark.parametrize("to_open_journey", [True, False])
async def test_dispatched_event_is_done_and_not_ignored_when_a_journey_received_it(
    registered: Database, to_open_journey: bool
) -> None:
    ignored = Routing(Delivery.SIGNAL_ONLY, "no plan for product_view")
    row = await accept(registered, an_event("e1"), routing=ignored)
    assert row is not None
    async with registered.transaction() as connection:
        await inbox_delivery.mark_dispatched(
            connection, [row.id], NOW, to_open_journey=to_open_journey
        )
        latest = await inbox.latest(connection, STORE, CUSTOMER)
    assert latest is not None
    assert latest.ignored_because == (None if to_open_journey else ignored.ignored_because)
    assert await lease(registered, later(3600)) == []


async def test_no_store_waits_for_another_stores_backlog(registered: Database) -> None:
    for number in range(4):
        await accept(registered, an_event(f"many-{number}"), customer_id=f"c{number}")
    await accept(registered, an_event("few"), store_id=OTHER_STORE)

    assert await lease(registered, limit=3) == ["few", "many-0", "many-1"]
    assert await lease(registered, limit=3) == ["many-2", "many-3"]


async def test_events_whose_lease_ran_out_come_in_their_order_among_the_others(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"), customer_id="c1")
    await accept(registered, an_event("e2"), customer_id="c2", leased=True)
    await accept(registered, an_event("e3"), customer_id="c3")
    assert await lease(registered, later(61), limit=2) == ["e1", "e2"]
