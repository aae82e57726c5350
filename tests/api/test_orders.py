"""Orders over HTTP: always accepted, and whose journeys they stop."""

from dataclasses import replace
from typing import Any

import pytest

from domain.customers.identity import customer_key
from storage import stores
from storage.contact_queries import MAX_SHARED
from tests.api.caller import Caller, Shop
from tests.api.running_journeys import explained, store_without_buffer
from tests.databases import both_databases

PHONE, EMAIL = "+919876543210", "email@gmail.co"


def about_order(
    shop: Shop, kind: str = "order_placed", ago: float = 0, **customer: Any
) -> dict[str, Any]:
    """An event about an order of a guest who gave no more than this."""
    event = shop.event(event_name=kind, ago=ago)
    return {**event, "customer": customer, "event_data": {"order_id": "1001"}}


async def waiting(caller: Caller) -> Shop:
    """A store whose customer left a cart, and waits for an hour."""
    shop = await store_without_buffer(caller, "1h")
    await shop.post(shop.event(ago=600))
    await explained(shop, "waiting")
    return shop


def journey_of(shop: Shop) -> str:
    return f"journey:{shop.store_id}:{shop.customer_id}"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    "customer",
    [
        {"email": EMAIL},
        {"email": " Email@GMAIL.co "},
        {"phone": PHONE},
        {"phone": "98765 43210"},
        {"customer_id": "another", "email": EMAIL},
        {"customer_id": "another", "phone": PHONE, "email": "another@example.com"},
    ],
)
async def test_order_by_email_or_number_alone_stops_a_waiting_journey(
    caller: Caller, customer: dict[str, Any]
) -> None:
    shop = await waiting(caller)
    order = about_order(shop, **customer)

    answer = await shop.post(order)

    assert answer.json() == {
        "event_id": order["event_id"],
        "status": "accepted",
        "reason": None,
        "journey_id": journey_of(shop),
    }
    ended = await explained(shop, "closed")
    assert (ended["outcome"], ended["reason"]) == ("exited", "order_placed")
    assert ended["messages"] == []


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("posted", "ordered"),
    [
        ("+525512409226", "+52 1 55 1240 9226"),
        ("+5511987654321", "+55 11 8765-4321"),
        ("+541123456789", "+5491123456789"),
    ],
)
async def test_order_with_another_form_of_the_number_stops_the_journey(
    caller: Caller, posted: str, ordered: str
) -> None:
    shop = await store_without_buffer(caller, "1h")
    await shop.post(shop.event(ago=600, phone=posted))
    await explained(shop, "waiting")
    answer = await shop.post(about_order(shop, customer_id="guest", phone=ordered))
    assert answer.json()["journey_id"] == journey_of(shop)
    assert (await explained(shop, "closed"))["reason"] == "order_placed"


@pytest.mark.usefixtures("worker")
async def test_email_of_any_event_of_the_journey_counts(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "1h")
    await shop.post(shop.event(ago=700, email="first@example.com"))
    await shop.post(shop.event(ago=600, email=None))
    await explained(shop, "waiting")
    await shop.post(about_order(shop, email="First@Example.com"))
    assert (await explained(shop, "closed"))["reason"] == "order_placed"


@pytest.mark.usefixtures("worker")
async def test_order_of_three_days_ago_is_accepted_and_stops(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "240h")
    config = {**shop.config, "max_event_age": "5d"}
    assert (await shop.operator("PUT", json=config)).status_code == 200
    await shop.post(shop.event(ago=4 * 86_400))
    await explained(shop, "waiting")
    assert (await shop.operator("PUT", json=shop.config)).status_code == 200

    answer = await shop.post(about_order(shop, ago=3 * 86_400, customer_id=shop.customer_id))

    assert (answer.json()["status"], answer.json()["journey_id"]) == ("accepted", journey_of(shop))
    assert (await explained(shop, "closed"))["reason"] == "order_placed"


@pytest.mark.usefixtures("worker")
async def test_number_of_a_till_stops_nobody_else_and_is_warned_about(caller: Caller) -> None:
    shop = await waiting(caller)
    for number in range(MAX_SHARED):
        event = shop.event("product_view", phone=PHONE, email=None)
        await shop.post({**event, "customer": {"customer_id": f"t{number}", "phone": PHONE}})
    warned = await shared_contacts(caller)

    answer = await shop.post(about_order(shop, customer_id="t0", phone=PHONE))

    assert (answer.json()["status"], answer.json()["journey_id"]) == ("accepted", None)
    assert (await explained(shop, "waiting"))["outcome"] is None
    assert await shared_contacts(caller) == warned + 1


async def shared_contacts(caller: Caller) -> float:
    text = (await caller.http.get("/metrics")).text
    name = "comeback_shared_contacts_total"
    (line,) = (each for each in text.splitlines() if each.startswith(name))
    return float(line.removeprefix(name))


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("kind", ["order_refunded", "order_cancelled"])
async def test_refund_and_cancellation_are_accepted_and_touch_no_journey(
    caller: Caller, kind: str
) -> None:
    shop = await waiting(caller)
    before = await explained(shop, "waiting")

    answer = await shop.post(about_order(shop, kind, customer_id=shop.customer_id, phone=PHONE))

    assert answer.json()["status"] == "accepted"
    assert (answer.json()["reason"], answer.json()["journey_id"]) == (None, None)
    assert await explained(shop, "waiting") == before


@both_databases
@pytest.mark.parametrize("kind", ["order_placed", "order_refunded", "order_cancelled"])
@pytest.mark.parametrize("ago", [1, 3 * 86_400, 400 * 86_400])
async def test_what_is_about_an_order_is_accepted_without_a_journey(
    shop: Shop, kind: str, ago: float
) -> None:
    body = about_order(shop, kind, ago, email=EMAIL) | {"event_data": ["in", "any", "form"]}
    answer = await shop.post(body)
    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"
    assert (answer.json()["reason"], answer.json()["journey_id"]) == (None, None)
    assert (await shop.post(body)).json()["status"] == "duplicate"


async def test_order_from_the_future_is_refused(shop: Shop) -> None:
    assert (await shop.post(about_order(shop, ago=-601, email=EMAIL))).status_code == 422


async def test_order_is_accepted_while_temporal_is_unavailable(shop_without_temporal: Shop) -> None:
    shop = shop_without_temporal
    answer = await shop.post(about_order(shop, customer_id=shop.customer_id))
    assert (answer.json()["status"], answer.json()["journey_id"]) == ("accepted", None)
    answer = await shop.post(about_order(shop, customer_id=shop.customer_id))
    assert (answer.json()["status"], answer.json()["journey_id"]) == ("accepted", None)


@both_databases
async def test_order_stops_journeys_of_its_own_store_alone(caller: Caller, shop: Shop) -> None:
    other = replace(await caller.new_store(), customer_id=shop.customer_id)
    await shop.post()
    await other.post()
    answer = await shop.post(about_order(shop, email=EMAIL))
    assert answer.json()["journey_id"] == journey_of(shop)


@both_databases
async def test_guest_who_ordered_by_email_is_known_by_a_hash_of_it(shop: Shop) -> None:
    await shop.post(about_order(shop, email=" EMAIL@gmail.co"))
    async with shop.database.reading() as connection:
        store = await stores.existing(connection, shop.store_id)
    guest = replace(shop, customer_id=customer_key(store.hash_key, None, None, EMAIL))
    found = await guest.operator("GET", f"/customers/{guest.customer_id}")
    assert [event["kind"] for event in found.json()["events"]] == ["order_placed"]
