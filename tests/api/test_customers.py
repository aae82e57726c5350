"""Exporting and erasing a customer, with journeys on a real server."""

from dataclasses import replace

import pytest
from temporalio.testing import ActivityEnvironment

from clock import utc_now
from domain.events.journey_event import JourneyEvent
from domain.journey.activity_results import SendStatus
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Reason
from domain.stores.config import StoreConfig
from storage import customers
from tests.activities.deliveries import delivering, first_delivery
from tests.api.caller import ADMIN, Caller, Shop, bearer, now
from tests.api.customer_requests import erased, erasure, exported, path_of
from tests.api.running_journeys import explained, store_without_buffer
from tests.databases import both_databases
from whatsapp.client import whatsapp_http

PERSONAL = ("+919876543210", "email@gmail.co", "Test User")


@pytest.mark.usefixtures("worker")
async def test_everything_about_a_customer_is_exported(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "0ms")
    event = shop.event()
    await shop.post(event)
    await explained(shop, "closed")
    await shop.post(shop.event(timestamp="yesterday"))
    found = await exported(shop)
    assert {name: len(found[name]) for name in found if name != "customer_id"} == {
        "events": 1,
        "messages": 1,
        "journeys": 1,
        "holds": 0,
        "orders": 0,
        "suppressions": 0,
        "quarantined": 1,
        "waiting": 0,
    }
    assert found["customer_id"] == shop.customer_id
    assert found["events"][0]["body"] == event
    assert found["messages"][0]["status"] == "accepted"
    assert found["journeys"][0]["outcome"] == "messaged"


@pytest.mark.usefixtures("worker")
async def test_erasing_ends_the_open_journey_and_keeps_its_explanation(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "1h")
    event = shop.event()
    await shop.post(event)
    await explained(shop, "waiting")
    assert await erased(shop) == erasure(shop, events=1)
    explanation = await explained(shop, "closed")
    assert (explanation["outcome"], explanation["reason"]) == ("exited", "operator")
    assert explanation["trigger"]["event_id"] == event["event_id"]
    assert explanation["messages"] == []


@both_databases
async def test_erasing_leaves_nothing_personal_and_keeps_event_ids(shop: Shop) -> None:
    event = shop.event()
    await shop.post(event)
    await shop.post(shop.event(timestamp="yesterday"))
    await shop.post_raw(b'{"customer": {"phone": "+919876543210", "name": "Test User"')
    await shop.post(shop.event(customer_id="another-customer", phone=7, email="x@y.z", timestamp=1))
    assert await erased(shop) == erasure(shop, events=1, quarantined=2)
    found = await exported(shop)
    assert [row["body"] for row in found["events"]] == [{}, {}]
    assert found["quarantined"] == []
    kept = [row for row in await shop.quarantined() if row["body"]]
    assert len(kept) == 1
    assert not any(each in str(found) + str(kept[0]["body"]) for each in PERSONAL[:2])
    assert (await shop.post(event)).json()["status"] == "duplicate"


@both_databases
async def test_email_is_found_by_its_hash_after_the_events_are_erased(shop: Shop) -> None:
    await shop.post()
    await erased(shop)
    guest = {"customer_id": "guest", "email": " EMAIL@gmail.co"}
    await shop.post({**shop.event(timestamp="yesterday"), "customer": guest})
    assert len((await exported(shop))["quarantined"]) == 1
    assert await erased(shop) == erasure(shop, quarantined=1)
    assert not any(row["body"] for row in await shop.quarantined())


@both_databases
async def test_erasing_may_be_repeated(shop: Shop) -> None:
    await shop.post()
    assert [(await erased(shop))["events"] for _ in range(2)] == [1, 0]


async def test_unknown_customer_has_nothing_to_export_or_erase(shop: Shop) -> None:
    assert (await shop.operator("GET", path_of(shop))).status_code == 404
    assert await erased(shop) == erasure(shop)
    assert (await shop.operator("GET", path_of(shop))).status_code == 404


async def test_customer_is_erased_while_temporal_is_unavailable(
    shop_without_temporal: Shop,
) -> None:
    await shop_without_temporal.post()
    assert (await erased(shop_without_temporal))["events"] == 1
    kinds = [row["kind"] for row in (await exported(shop_without_temporal))["events"]]
    assert kinds == ["cart_update", "comeback.exit"]


async def test_same_customer_id_in_another_store_is_not_erased(caller: Caller, shop: Shop) -> None:
    other = await caller.new_store()
    namesake = replace(other, customer_id=shop.customer_id)
    event = namesake.event()
    await namesake.post(event)
    await shop.post()
    await erased(shop)
    assert (await exported(namesake))["events"][0]["body"] == event


@both_databases
@pytest.mark.parametrize("customer_id", ["a/b", "a b?c#d%e", "jos\u00e9", "%_"])
async def test_customer_ids_may_have_any_characters(shop: Shop, customer_id: str) -> None:
    named = replace(shop, customer_id=customer_id)
    await named.post()
    assert (await exported(named))["customer_id"] == customer_id
    assert (await erased(named))["events"] == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_only_the_operator_may_export_and_erase(
    caller: Caller, shop: Shop, method: str
) -> None:
    await shop.post()
    for headers in ({}, bearer(shop.key), bearer(ADMIN + "x")):
        url = shop.path + path_of(shop)
        assert (await caller.http.request(method, url, headers=headers)).status_code == 401
    unknown = await caller.operator(method, f"/v1/stores/unknown{path_of(shop)}")
    assert unknown.status_code == 404


async def test_message_of_an_erased_event_has_no_address(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "0ms")
    event = shop.event()
    await shop.post(event)
    async with shop.database.transaction() as connection:
        await customers.erase(connection, shop.store_id, shop.customer_id, [])
    trigger = JourneyEvent(event_id=event["event_id"], kind="cart_update", at=now(), intent=3)
    customer = CustomerRef(shop.store_id, shop.customer_id)
    request = first_delivery(customer, StoreConfig.model_validate(shop.config), trigger)
    async with whatsapp_http() as http:
        activity = delivering(shop.database, http, utc_now)
        result = await ActivityEnvironment().run(activity.deliver, request)
    assert result.send is not None
    assert (result.send.status, result.send.reason) == (SendStatus.ENDED, Reason.NO_ADDRESS)


@both_databases
async def test_the_id_of_an_order_is_erased_and_not_restored(shop: Shop) -> None:
    data = {"order_id": "A-77", "price": {"amount": 1299, "currency": "INR"}}
    order = {**shop.event(event_name="order_placed"), "event_data": data}
    await shop.post(order)
    (before,) = (await exported(shop))["orders"]
    assert (before["order_id"], before["amount"], before["changes"]) == ("A-77", "1299", [])
    await erased(shop)
    again = {**shop.event(event_name="order_placed", ago=0), "event_data": {"order_id": "A-77"}}
    await shop.post(again)
    (after,) = (await exported(shop))["orders"]
    assert (after["order_id"], after["event_id"]) == ("erased", again["event_id"])
