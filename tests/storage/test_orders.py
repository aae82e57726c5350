"""Orders: the tables are the same for any order of arrival and any repetition."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.orders import ChangeKind, Money, OrderChange
from storage import exit_found_orders, orders
from storage.database import Database, lock_each
from storage.exit_found_orders import ExitFoundOrder
from storage.orders import PostedChange, PostedOrder, change_key, order_key, order_lock
from storage.result_tables import order_changes, order_people
from storage.result_tables import orders as table
from tests.storage.builders import CUSTOMER, NOW, OTHER_STORE, STORE, later

HASH_KEY = "key"
INR_600 = Money(Decimal(600), "INR")
Posted = PostedOrder | PostedChange | ExitFoundOrder
MINUTE = 60


def an_order(**changes: Any) -> PostedOrder:
    order_id = changes.get("order_id", "1001")
    event_id = changes.get("event_id", "o1")
    key = order_key(HASH_KEY, order_id, event_id)
    posted = PostedOrder(
        STORE, key, order_id, CUSTOMER, event_id, NOW, INR_600, None, frozenset({CUSTOMER})
    )
    return replace(posted, **changes)


def a_refund(**changes: Any) -> PostedChange:
    event_id = changes.get("event_id", "r1")
    key = order_key(HASH_KEY, "1001", "")
    own = change_key(HASH_KEY, OrderChange(ChangeKind.REFUNDED, "1001"), key, event_id)
    posted = PostedChange(
        STORE, own, key, ChangeKind.REFUNDED, event_id, CUSTOMER, later(), Money(Decimal(5), "INR")
    )
    return replace(posted, **changes)


def found(minute: float = 0, customer_id: str = CUSTOMER, *others: str) -> ExitFoundOrder:
    people = frozenset({customer_id, *others})
    return ExitFoundOrder(STORE, customer_id, later(minute * MINUTE), people)


async def write(connection: AsyncConnection, *posted: Posted, now: datetime = NOW) -> None:
    for each in posted:
        match each:
            case PostedOrder():
                await orders.add(connection, [each], now)
            case PostedChange():
                await orders.add_changes(connection, [each], now)
            case ExitFoundOrder():
                await exit_found_orders.add_exit_found(connection, each, HASH_KEY, now)


async def tables(connection: AsyncConnection) -> dict[str, list[dict[str, Any]]]:
    kept = {}
    for each in (table, order_people, order_changes):
        rows = await connection.execute(select(each).order_by(*each.primary_key))
        kept[each.name] = [dict(row) for row in rows.mappings()]
    return kept


async def stored(database: Database, *posted: Posted) -> dict[str, list[dict[str, Any]]]:
    async with database.transaction() as connection:
        await write(connection, *posted)
        return await tables(connection)


async def test_an_order_is_written_with_everything_that_is_known(registered: Database) -> None:
    kept = await stored(registered, an_order(click_token="t" * 16, people=frozenset({"c1", "c2"})))
    assert kept["orders"] == [
        {
            "store_id": STORE,
            "order_key": order_key(HASH_KEY, "1001", "o1"),
            "order_id": "1001",
            "customer_id": CUSTOMER,
            "event_id": "o1",
            "found_by": "event",
            "placed_at": NOW,
            "state_at": NOW,
            "amount": 600_000_000,
            "currency": "INR",
            "click_token": "t" * 16,
            "received_at": NOW,
        }
    ]
    assert [row["customer_id"] for row in kept["order_people"]] == ["c1", "c2"]


async def test_the_newest_state_stands_and_the_earliest_time_of_placing(
    registered: Database,
) -> None:
    corrected = an_order(event_id="o2", at=later(5), money=Money(Decimal(500), "INR"))
    (row,) = (await stored(registered, corrected, an_order()))["orders"]
    assert (row["placed_at"], row["state_at"], row["event_id"]) == (NOW, later(5), "o2")
    assert row["amount"] == 500_000_000


async def test_posts_of_one_order_in_one_transaction_are_one_order(registered: Database) -> None:
    both = [an_order(), an_order(event_id="o2", at=later(5), money=Money())]
    async with registered.transaction() as connection:
        await orders.add(connection, both, NOW)
        (row,) = (await tables(connection))["orders"]
    assert (row["event_id"], row["amount"], row["currency"]) == ("o2", None, None)


async def test_orders_of_two_stores_with_one_id_are_two(registered: Database) -> None:
    kept = await stored(registered, an_order(), an_order(store_id=OTHER_STORE))
    assert [row["store_id"] for row in kept["orders"]] == [STORE, OTHER_STORE]


async def test_orders_without_an_id_are_one_for_each_event(registered: Database) -> None:
    kept = await stored(registered, an_order(order_id=None), an_order(order_id=None, event_id="o2"))
    assert len(kept["orders"]) == 2
    assert order_key(HASH_KEY, None, "1001") != order_key(HASH_KEY, "1001", "o1")


async def test_an_erased_id_is_not_restored(registered: Database) -> None:
    await stored(registered, an_order())
    async with registered.transaction() as connection:
        await connection.execute(update(table).values(order_id="erased"))
    (row,) = (await stored(registered, an_order(event_id="o2", at=later(5))))["orders"]
    assert (row["order_id"], row["event_id"]) == ("erased", "o2")


async def test_a_long_id_is_cut_and_its_key_is_of_all_of_it(registered: Database) -> None:
    kept = await stored(registered, an_order(order_id="x" * 300), an_order(order_id="x" * 301))
    assert [row["order_id"] for row in kept["orders"]] == ["x" * 256] * 2


async def test_a_refund_comes_before_its_order_or_after_it(registered: Database) -> None:
    kept = await stored(registered, a_refund(), an_order())
    (change,), (order,) = kept["order_changes"], kept["orders"]
    assert change["order_key"] == order["order_key"]
    assert (change["amount"], change["at"]) == (5_000_000, later())


def test_refunds_are_told_apart_by_their_id_or_else_by_their_event() -> None:
    one = OrderChange(ChangeKind.REFUNDED, "1001", refund_id="1")
    assert change_key(HASH_KEY, one, "k", "e1") == change_key(HASH_KEY, one, "k", "e2")
    assert change_key(HASH_KEY, one, "k", "e1") != change_key(HASH_KEY, one, "other", "e1")
    plain = replace(one, refund_id=None)
    keys = {change_key(HASH_KEY, plain, "k", each) for each in ("e1", "e2", "1")}
    cancelled = OrderChange(ChangeKind.CANCELLED, "1001")
    assert len({*keys, change_key(HASH_KEY, cancelled, "k", "e1")}) == 4


@pytest.mark.parametrize("minute", [-10, 0, 10])
async def test_an_order_that_was_posted_is_not_found_once_more(
    registered: Database, minute: float
) -> None:
    first = await stored(registered, an_order(), found(minute))
    assert [row["found_by"] for row in first["orders"]] == ["event"]


@pytest.mark.parametrize("minute", [-10, 0, 10])
async def test_a_posted_order_replaces_what_an_exit_check_found(
    registered: Database, minute: float
) -> None:
    kept = await stored(registered, found(minute), an_order())
    assert [row["found_by"] for row in kept["orders"]] == ["event"]
    assert len(kept["order_people"]) == 1


@pytest.mark.parametrize(
    "other",
    [found(10.1), found(-10.1), found(0, "c2"), replace(found(), store_id=OTHER_STORE)],
)
async def test_an_order_of_another_time_person_or_store_is_another_one(
    registered: Database, other: ExitFoundOrder
) -> None:
    kept = await stored(registered, other, an_order(), other)
    assert sorted(row["found_by"] for row in kept["orders"]) == ["event", "exit_check"]
    unknown = next(row for row in kept["orders"] if row["found_by"] == "exit_check")
    assert (unknown["amount"], unknown["currency"], unknown["event_id"]) == (None, None, None)


async def test_a_guest_order_replaces_what_was_found_of_the_person(registered: Database) -> None:
    guest = an_order(customer_id="guest", people=frozenset({"guest", CUSTOMER}))
    kept = await stored(registered, found(), guest)
    assert [row["customer_id"] for row in kept["orders"]] == ["guest"]


async def test_an_order_of_the_first_minute_of_all_is_kept(registered: Database) -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    kept = await stored(registered, an_order(at=first), replace(found(), at=first))
    assert [row["placed_at"] for row in kept["orders"]] == [first]


MINUTES = st.sampled_from([0, 4, 12, 25, 60])
PEOPLE = {"c1": frozenset({"c1"}), "c2": frozenset({"c2", "c1"}), "c3": frozenset({"c3"})}


@st.composite
def posts(draw: st.DrawFn, number: int) -> Posted:
    kind = draw(st.sampled_from(["order", "order", "refund", "found"]))
    customer_id, at = draw(st.sampled_from(sorted(PEOPLE))), later(draw(MINUTES) * MINUTE)
    if kind == "found":
        return ExitFoundOrder(STORE, customer_id, at, PEOPLE[customer_id])
    money = Money(draw(st.none() | st.sampled_from([Decimal(1), Decimal(2)])), "INR")
    order_id = draw(st.sampled_from(["1001", "1002"]))
    changes: dict[str, Any] = {"customer_id": customer_id, "at": at, "money": money}
    if kind == "refund":
        key = draw(st.sampled_from(["r", f"r{number}"]))
        return a_refund(event_id=f"e{number}", change_key=key, **changes)
    return an_order(event_id=f"e{number}", order_id=order_id, people=PEOPLE[customer_id], **changes)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[Sequence[Posted], Sequence[Posted]]:
    """The same posts in two orders, some of them repeated."""
    count = draw(st.integers(1, 7))
    once = [draw(posts(number)) for number in range(count)]
    again = draw(st.lists(st.sampled_from(once), max_size=3))
    return once, draw(st.permutations([*once, *again]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals())
async def test_any_order_and_repetition_leads_to_the_same_tables(
    registered: Database, both: tuple[Sequence[Posted], Sequence[Posted]]
) -> None:
    kept = []
    for posted in both:
        async with registered.transaction() as connection:
            await write(connection, *posted)
            kept.append(await tables(connection))
            for each in (table, order_people, order_changes):
                await connection.execute(delete(each))
    assert kept[0] == kept[1]


async def test_two_transactions_with_the_same_orders_take_turns(registered: Database) -> None:
    ids = ("1001", "1002", "1003")

    async def post(number: int, order_ids: Sequence[str]) -> None:
        batch = [an_order(order_id=each, event_id=f"{each}-{number}") for each in order_ids]
        locks = sorted(order_lock(STORE, each.order_key) for each in batch)
        async with registered.transaction() as connection:
            await lock_each(connection, locks)
            await orders.add(connection, batch, NOW)

    batches = [ids, tuple(reversed(ids))] * 4
    await asyncio.gather(*(post(number, each) for number, each in enumerate(batches)))
    async with registered.reading() as connection:
        kept = await tables(connection)
    assert sorted(row["event_id"] for row in kept["orders"]) == [f"{each}-7" for each in ids]
