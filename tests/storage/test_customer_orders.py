"""The orders of a customer: exported with what changed them, and erased without being lost."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from domain.events.orders import Money
from storage import customer_orders, customers, engagement
from storage.customer_orders import BATCH_SIZE
from storage.database import Database
from storage.engagement import LinkClick
from storage.orders import add
from storage.result_tables import link_clicks, orders
from tests.storage.builders import CUSTOMER, NOW, OTHER_STORE, STORE, later
from tests.storage.test_orders import a_refund, an_order, found, stored


async def exported(database: Database, customer_id: str = CUSTOMER) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        return (await customers.stored(connection, STORE, customer_id))["orders"]


async def erase(database: Database) -> None:
    async with database.transaction() as connection:
        await customers.erase(connection, STORE, CUSTOMER, [])


async def order_ids(database: Database) -> Sequence[str | None]:
    query = select(orders.c.order_id).order_by(orders.c.placed_at, orders.c.store_id)
    async with database.reading() as connection:
        return (await connection.execute(query)).scalars().all()


async def test_orders_are_exported_with_their_changes_and_amounts_as_text(
    registered: Database,
) -> None:
    cheap = an_order(money=Money(Decimal("99.5"), "INR"), people=frozenset({CUSTOMER, "c2"}))
    await stored(registered, cheap, a_refund(), found(60))
    first, second = await exported(registered)
    assert first == {
        "order_id": "1001",
        "event_id": "o1",
        "found_by": "event",
        "placed_at": NOW,
        "state_at": NOW,
        "amount": "99.5",
        "currency": "INR",
        "click_token": None,
        "received_at": NOW,
        "changes": [
            {
                "kind": "order_refunded",
                "event_id": "r1",
                "at": later(),
                "amount": "5",
                "currency": "INR",
            }
        ],
    }
    assert (second["found_by"], second["amount"]) == ("exit_check", None)
    assert await exported(registered, "c2") == [first]
    assert await exported(registered, "c3") == []


async def test_a_refund_whose_order_never_came_is_exported_alone(registered: Database) -> None:
    await stored(registered, a_refund(), a_refund(event_id="r2", customer_id="c2", at=later(2)))
    (alone,) = await exported(registered)
    assert (alone["order_id"], [each["event_id"] for each in alone["changes"]]) == (None, ["r1"])


async def test_erasing_empties_the_ids_of_a_persons_orders_and_of_no_others(
    registered: Database,
) -> None:
    guest = an_order(order_id="2", event_id="o2", at=later(1), customer_id="guest")
    await stored(
        registered,
        an_order(),
        replace(guest, people=frozenset({"guest", CUSTOMER})),
        an_order(order_id="3", at=later(2), customer_id="c2", people=frozenset({"c2"})),
        an_order(order_id=None, event_id="o4", at=later(3)),
        an_order(store_id=OTHER_STORE, at=later(4)),
    )
    await erase(registered)
    await erase(registered)
    assert await order_ids(registered) == ["erased", "erased", "3", None, "1001"]
    assert [each["event_id"] for each in await exported(registered)] == ["o1", "o2", "o4"]


async def test_a_customer_of_an_order_alone_is_known(registered: Database) -> None:
    await stored(registered, an_order(people=frozenset({CUSTOMER, "c2"})))
    async with registered.reading() as connection:
        known = [await customers.is_known(connection, STORE, each) for each in ("c2", "c3")]
    assert known == [True, False]


async def test_old_orders_lose_their_ids_batch_by_batch(registered: Database) -> None:
    old = [an_order(order_id=str(number)) for number in range(BATCH_SIZE + 1)]
    async with registered.transaction() as connection:
        await add(connection, [*old, an_order(order_id="new", at=later(60))], NOW)
    counts: list[int] = []
    cursor = None
    while not counts or cursor is not None:
        async with registered.transaction() as connection:
            count, cursor = await customer_orders.purge_ids(connection, STORE, later(10), cursor)
        counts.append(count)
    assert counts == [BATCH_SIZE, 1]
    assert await order_ids(registered) == ["erased"] * (BATCH_SIZE + 1) + ["new"]


async def test_old_clicks_of_a_store_are_deleted(registered: Database) -> None:
    async with registered.transaction() as connection:
        for number, store_id in enumerate((STORE, STORE, OTHER_STORE)):
            click = LinkClick(store_id, f"c{number}", "cta", "t", later(number))
            assert await engagement.add_link_click(connection, click)
            assert not await engagement.add_link_click(connection, click)
        assert await customer_orders.purge_clicks(connection, STORE, later(1)) == 1
        left = (await connection.execute(select(link_clicks.c.click_id))).scalars().all()
    assert sorted(left) == ["c1", "c2"]
