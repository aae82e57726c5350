"""What is kept of posted orders for results: over HTTP, in any form and order of arrival."""

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, select

from domain.customers.identity import keyed_hash
from storage import messages, stores
from storage.messages import MessageKey
from storage.result_tables import order_changes, order_people, orders
from storage.tables import messages as ledger
from tests.api.caller import Caller, Shop, now
from tests.databases import both_databases

PHONE, EMAIL = "+919876543210", "email@gmail.co"
TOKEN = "abcdefgh234567zz"  # of a message


async def kept(shop: Shop, table: Table = orders) -> list[dict[str, Any]]:
    mine = select(table).where(table.c.store_id == shop.store_id).order_by(*table.primary_key)
    async with shop.database.reading() as connection:
        return [dict(row) for row in (await connection.execute(mine)).mappings()]


async def post(shop: Shop, body: dict[str, Any]) -> None:
    answer = await shop.post(body)
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted"), answer.text


def about(shop: Shop, kind: str = "order_placed", ago: float = 1, **data: Any) -> dict[str, Any]:
    event = shop.event(event_name=kind, ago=ago)
    return {**event, "event_data": {"order_id": "1001", **data}}


def as_guest(event: dict[str, Any], **customer: Any) -> dict[str, Any]:
    return {**event, "customer": customer}


async def messaged(shop: Shop, **changes: Any) -> str:
    """A message of the ledger, with a token in its link."""
    async with shop.database.transaction() as connection:
        key = MessageKey(shop.store_id, shop.customer_id, "e1", 1)
        details = {"kind": "cart_update", "address_hash": "h", "due_at": now(), **changes}
        return await messages.claim(connection, key, {"click_token": TOKEN, **details}, now())


async def clicked_at(shop: Shop) -> Any:
    (row,) = await kept(shop, ledger)
    return row["clicked_at"]


@both_databases
async def test_an_order_is_kept_with_its_amount_and_currency(shop: Shop) -> None:
    price = {"amount": 1299.5, "currency": "inr"}
    await post(shop, about(shop, price=price, landing_url="https://x.example/", line_items=[{}]))
    (order,) = await kept(shop)
    assert (order["order_id"], order["amount"], order["currency"]) == ("1001", 1_299_500_000, "INR")
    assert (order["customer_id"], order["found_by"]) == (shop.customer_id, "event")
    assert order["placed_at"] == order["state_at"] < order["received_at"]


@both_databases
@pytest.mark.parametrize(
    "data",
    [
        "text",
        ["in", "any", "form"],
        None,
        7,
        {"order_id": {"x": 1}, "price": {"amount": "1,299.00"}, "currency": ["INR"]},
        {"price": -5, "landing_url": 7},
        {"price": {"amount": 10**30}, "order_id": "", "line_items": "none"},
    ],
)
async def test_an_order_in_any_form_is_accepted_and_of_unknown_value(shop: Shop, data: Any) -> None:
    for kind in ("order_placed", "order_refunded", "order_cancelled"):
        await post(shop, {**about(shop, kind), "event_data": data})
    (order,) = await kept(shop)
    assert (order["order_id"], order["amount"], order["currency"]) == (None, None, None)
    assert {row["amount"] for row in await kept(shop, order_changes)} == {None}


@both_databases
async def test_refunds_cancellations_and_orders_come_in_any_order(caller: Caller) -> None:
    seen = []
    for order in itertools.permutations(range(4)):
        shop = replace(await caller.new_store(), customer_id="c1")
        posted = [
            about(shop, ago=9, price={"amount": 600, "currency": "INR"}),
            about(shop, ago=5, price={"amount": 500, "currency": "INR"}),
            about(shop, "order_refunded", price=50, refund_id="r"),
            about(shop, "order_cancelled", order_id=1001),
        ]
        for number in order:
            await post(shop, posted[number])
        (only,), changes = await kept(shop), await kept(shop, order_changes)
        assert {each["order_key"] for each in changes} == {only["order_key"]}
        amounts = sorted((each["kind"], each["amount"]) for each in changes)
        seen.append((only["event_id"] == posted[1]["event_id"], only["amount"], amounts))
    changes_seen = [("order_cancelled", None), ("order_refunded", 50_000_000)]
    assert seen == [(True, 500_000_000, changes_seen)] * 24


async def test_repeated_posts_change_nothing(shop: Shop) -> None:
    event = about(shop, price=600)
    await post(shop, event)
    before = await kept(shop)
    again = {**event, "event_data": {**event["event_data"], "price": 1}}
    assert (await shop.post(again)).json()["status"] == "duplicate"
    assert await kept(shop) == before


@both_databases
async def test_everyone_with_the_number_or_email_is_the_person(shop: Shop) -> None:
    await shop.post(shop.event(phone=PHONE, email=None))
    other = replace(shop, customer_id="by-email")
    await other.post(other.event(phone=None, email=EMAIL))
    await post(shop, as_guest(about(shop), phone="98765 43210", email=EMAIL))
    (order,), people = await kept(shop), await kept(shop, order_people)
    assert order["customer_id"].startswith("anon-")
    ids = {each["customer_id"] for each in people}
    assert ids == {order["customer_id"], shop.customer_id, "by-email"}


async def test_a_later_post_adds_people(shop: Shop) -> None:
    await shop.post(shop.event(phone=PHONE, email=None))
    await post(shop, as_guest(about(shop, ago=5), email="new@example.com"))
    assert len(await kept(shop, order_people)) == 1
    await post(shop, as_guest(about(shop), phone=PHONE))
    ids = {each["customer_id"] for each in await kept(shop, order_people)}
    assert shop.customer_id in ids
    assert len(ids) == 3


@both_databases
async def test_who_was_messaged_at_the_number_is_the_person_after_a_purge(shop: Shop) -> None:
    async with shop.database.reading() as connection:
        store = await stores.existing(connection, shop.store_id)
    await messaged(shop, address_hash=keyed_hash(store.hash_key, PHONE))
    await post(shop, as_guest(about(shop), customer_id="guest", phone=PHONE))
    ids = {each["customer_id"] for each in await kept(shop, order_people)}
    assert ids == {"guest", shop.customer_id}


async def test_hashed_ids_stand_in_every_table(caller: Caller) -> None:
    shop = replace(await caller.new_store(customer_ids="hashed"), customer_id="secret-id")
    for kind in ("order_placed", "order_refunded"):
        await post(shop, about(shop, kind))
    rows = [row for each in (orders, order_people, order_changes) for row in await kept(shop, each)]
    assert len(rows) == 3
    assert all(row["customer_id"].startswith("cust-") for row in rows)


@both_databases
async def test_many_posts_of_the_same_orders_at_once_are_all_accepted(shop: Shop) -> None:
    events = [
        as_guest(about(shop, order_id=str(number % 3)), customer_id=f"g{number}", phone=PHONE)
        for number in range(24)
    ]
    await asyncio.gather(*(post(shop, each) for each in events))
    assert {row["order_id"] for row in await kept(shop)} == {"0", "1", "2"}


@both_databases
async def test_a_token_in_the_landing_url_is_a_click_of_its_message(shop: Shop) -> None:
    await messaged(shop)
    await post(shop, about(shop, landing_url=f"https://x.example/?cb={TOKEN}"))
    (order,) = await kept(shop)
    assert order["click_token"] == TOKEN
    assert await clicked_at(shop) == order["placed_at"]


@both_databases
async def test_the_earliest_click_counts_in_any_url_of_any_event(shop: Shop) -> None:
    await messaged(shop)
    link = f"/cart?a=1&cb={TOKEN}"
    early, late = (shop.event("product_view", ago=ago) for ago in (60, 1))
    for event in (late, early, late):
        event["event_data"] = {**event["event_data"], "pages": [{"url": link}]}
        await shop.post({**event, "event_id": f"{event['event_id']}-{now().timestamp()}"})
    found = await clicked_at(shop)
    assert found is not None
    assert (now() - found).total_seconds() > 55


async def test_tokens_of_other_stores_and_parameters_are_no_clicks(
    caller: Caller, shop: Shop
) -> None:
    await messaged(shop)
    other = await caller.new_store()
    await post(other, about(other, landing_url=f"https://x.example/?cb={TOKEN}"))
    await post(shop, about(shop, landing_url=f"https://x.example/?utm={TOKEN}"))
    assert await clicked_at(shop) is None


async def test_a_store_without_tokens_looks_for_none(caller: Caller) -> None:
    shop = await caller.new_store(click_token="off")
    await messaged(shop)
    await post(shop, about(shop, landing_url=f"https://x.example/?cb={TOKEN}"))
    (order,) = await kept(shop)
    assert (order["click_token"], await clicked_at(shop)) == (None, None)
