from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, select

from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.identity import CustomerRef
from domain.journey.routing import Delivery, Routing
from storage import inbox_delivery, later_events
from storage.database import Database
from storage.later_event_queries import MAX_OF_A_KIND
from storage.later_events import Since, TakenIn
from storage.tables import inbox
from tests.storage.builders import (
    CUSTOMER,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
    later,
    lease,
)

ME = CustomerRef(STORE, CUSTOMER)
SINCE = Since(left_at=NOW, orders_since=later(-600))


async def accepted(database: Database, run_id: str = "") -> list[str]:
    async with database.reading() as connection:
        found = await later_events.accepted(connection, ME, SINCE, run_id)
    return [event.event_id for event in found]


async def take(
    database: Database,
    event_ids: Collection[str] = (),
    *,
    up_to: datetime | None = None,
    but: Collection[str] = (),
) -> None:
    await take_in(database, TakenIn("run", event_ids, up_to, but, NOW))


async def take_in(database: Database, what: TakenIn) -> None:
    async with database.transaction() as connection:
        await later_events.take(connection, ME, what)


async def taken(database: Database, *event_ids: str) -> set[str]:
    async with database.reading() as connection:
        return set(await later_events.taken(connection, STORE, event_ids, "another"))


def event_is(event_id: str) -> ColumnElement[bool]:
    return inbox.c.event_id == event_id


async def exited(database: Database) -> str | None:
    async with database.reading() as connection:
        _, found = await later_events.accepted_or_exit(connection, ME, SINCE, "e1")
    return None if found is None else found.event_id


async def test_later_events_are_found_whether_or_not_they_were_delivered(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("earlier", at=later(-1)))
    await accept(registered, an_event("newer", at=later(1)), leased=True)
    await accept(registered, an_event("newest", EventKind.PRODUCT_VIEW, later(2)))
    assert await accepted(registered) == ["newest", "newer"]


async def test_events_of_others_and_those_that_are_only_stored_are_not_found(
    registered: Database,
) -> None:
    await accept(registered, an_event("theirs", at=later()), customer_id="c2")
    await accept(registered, an_event("there", at=later()), store_id=OTHER_STORE)
    stored = Routing(Delivery.STORE_ONLY, "no plan for it")
    await accept(registered, an_event("stored", "back_in_stock", later()), routing=stored)
    assert await accepted(registered) == []


async def test_orders_are_found_from_shortly_before_the_trigger_on(registered: Database) -> None:
    await accept(registered, an_event("old", EventKind.ORDER_PLACED, later(-601)))
    await accept(registered, an_event("recent", EventKind.ORDER_PLACED, later(-600)))
    await accept(registered, an_event("cart", at=later(-600)))
    assert await accepted(registered) == ["recent"]


async def test_every_kind_is_found_behind_very_many_newer_events(registered: Database) -> None:
    await accept(registered, an_event("order", EventKind.ORDER_PLACED, later()))
    await accept(registered, an_event("checkout", EventKind.CHECKOUT_INITIATED, later()))
    empty = an_event("emptied", at=later()).model_copy(update={"empties_cart": True})
    await accept(registered, empty)
    for number in range(MAX_OF_A_KIND + 5):
        await accept(registered, an_event(f"cart-{number}", at=later(2 + number)))
    found = await accepted(registered)
    assert found[0] == f"cart-{MAX_OF_A_KIND + 4}"
    assert set(found[-3:]) == {"order", "checkout", "emptied"}
    assert len(found) == MAX_OF_A_KIND + 3


async def test_what_is_left_for_the_next_journey_is_what_was_neither_signalled_nor_taken(
    registered: Database,
) -> None:
    await accept(registered, an_event("signalled", at=later()))
    for number, seconds in enumerate((-1, 1, 2)):
        await accept(registered, an_event(f"e{number}", at=later(seconds)), signalled=False)
    await take(registered, ["e1"])
    async with registered.reading() as connection:
        left = await later_events.unsignalled(connection, ME, NOW)
    assert [event.event_id for event in left] == ["e2"]


async def test_what_another_journey_took_in_is_not_found_unless_it_is_an_order(
    registered: Database,
) -> None:
    for event_id, kind in [("cart", EventKind.CART_UPDATE), ("order", EventKind.ORDER_PLACED)]:
        await accept(registered, an_event(event_id, kind, later()))
    await take(registered, ["cart", "order"])
    assert await accepted(registered) == ["order"]


async def test_journey_takes_in_its_events_and_what_is_not_newer(registered: Database) -> None:
    for event_id, seconds in [("e1", 0), ("same", 0), ("later", 5), ("next", -5), ("newer", 6)]:
        await accept(registered, an_event(event_id, at=later(seconds)))
    await accept(registered, an_event("theirs"), customer_id="c2")
    await accept(registered, an_event("there"), store_id=OTHER_STORE)
    await take(registered, ["later"], up_to=NOW, but=["next"])
    all_of_them = ("e1", "same", "later", "next", "newer", "theirs")
    assert await taken(registered, *all_of_them) == {"e1", "same", "later"}


async def test_run_that_closes_again_takes_in_what_it_decided_last(registered: Database) -> None:
    for event_id in ("e1", "e2"):
        await accept(registered, an_event(event_id))
    await take(registered, ["e1"])
    async with registered.reading() as connection:
        assert await later_events.taken(connection, STORE, ["e1"], "run") == []
    await take(registered, ["e2"], but=["e1"])
    assert await taken(registered, "e1", "e2") == {"e2"}


async def test_run_that_closes_again_sees_what_it_took_in_and_gives_back_what_it_leaves(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1", at=later(1)))
    await accept(registered, an_event("e2", at=later(2)))
    [delivered] = await lease(registered, later(1), limit=1)
    async with registered.transaction() as connection:
        row_id = (await connection.execute(select(inbox.c.id).where(event_is(delivered)))).scalar()
        assert row_id is not None
        await inbox_delivery.mark_dispatched(connection, [row_id], NOW, to_open_journey=True)
    first, second = later(10), later(20)
    await take_in(registered, TakenIn("run", ["e1", "e2"], None, [], first))
    assert await accepted(registered) == []
    assert await accepted(registered, "run") == ["e2", "e1"]
    assert await lease(registered, later(100)) == []

    await take_in(registered, TakenIn("run", [], NOW, [], second, closed_before=first))
    assert await lease(registered, later(200)) == ["e2"], "the other one was delivered"


async def test_journey_that_never_had_a_trigger_takes_in_only_its_events(
    registered: Database,
) -> None:
    for event_id in ("e1", "e2"):
        await accept(registered, an_event(event_id))
    await take(registered, ["e1"])
    assert await taken(registered, "e1", "e2") == {"e1"}


async def test_operators_exit_counts_from_the_arrival_of_the_trigger(
    registered: Database,
) -> None:
    await accept(registered, an_event("old-exit", OPERATOR_EXIT, later(-60)))
    await accept(registered, an_event("e1"))
    assert await exited(registered) is None
    await accept(registered, an_event("exit", OPERATOR_EXIT, later(-30)))  # by whichever clock
    assert await exited(registered) == "exit"
    assert await accepted(registered) == []


async def test_what_a_journey_took_in_needs_no_delivery_except_what_stops_others(
    registered: Database,
) -> None:
    for event_id, kind in [
        ("cart", EventKind.CART_UPDATE),
        ("order", EventKind.ORDER_PLACED),
        ("exit", OPERATOR_EXIT),
    ]:
        await accept(registered, an_event(event_id, kind))
    await take(registered, ["cart", "order", "exit"])
    assert await lease(registered) == ["order", "exit"]


async def test_exit_counts_by_the_clock_too(registered: Database) -> None:
    await accept(registered, an_event("exit", OPERATOR_EXIT, later(5)))
    await accept(registered, an_event("e1"))  # made before, posted after
    assert await exited(registered) == "exit"
