"""Exporting and erasing a customer, with real journeys on a real server."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from temporalio.testing import ActivityEnvironment

from activities.channel_api import ChannelClient
from activities.clock import utc_now
from activities.send_message import SendMessage
from domain.answers import SendStatus
from domain.outcomes import Reason
from domain.planning import KeptStep, PlannedStep
from domain.questions import SendRequest
from storage import customers
from storage.database import Database
from tests.api.calling import ADMIN, Caller, Shop, bearer, now
from tests.api.test_journeys import explained, quick_shop, sandbox_url, working
from whatsapp.client import WhatsAppClient, whatsapp_http

__all__ = ["sandbox_url", "working"]

PERSONAL = ("+919876543210", "email@gmail.co", "Test User")


def path_of(shop: Shop) -> str:
    return f"/customers/{quote(shop.customer_id, safe='')}"


async def exported(shop: Shop) -> dict[str, Any]:
    answer = await shop.operator("GET", path_of(shop))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def erased(shop: Shop) -> dict[str, Any]:
    answer = await shop.operator("DELETE", path_of(shop))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def of(shop: Shop, **counts: int) -> dict[str, Any]:
    """What erasing a customer answers."""
    nothing = {"events": 0, "messages": 0, "quarantined": 0}
    return {"customer_id": shop.customer_id, **nothing, **counts}


@pytest.mark.usefixtures("working")
async def test_everything_about_a_customer_is_exported(caller: Caller) -> None:
    shop = await quick_shop(caller, "0ms")
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
        "suppressions": 0,
        "quarantined": 1,
        "waiting": 0,
    }
    assert found["customer_id"] == shop.customer_id
    assert found["events"][0]["body"] == event
    assert found["messages"][0]["status"] == "accepted"
    assert found["journeys"][0]["outcome"] == "messaged"


@pytest.mark.usefixtures("working")
async def test_erasing_ends_the_open_journey_which_still_explains_itself(caller: Caller) -> None:
    shop = await quick_shop(caller, "1h")
    event = shop.event()
    await shop.post(event)
    await explained(shop, "waiting")
    assert await erased(shop) == of(shop, events=1)
    explanation = await explained(shop, "closed")
    assert (explanation["outcome"], explanation["reason"]) == ("exited", "operator")
    assert explanation["trigger"]["event_id"] == event["event_id"]
    assert explanation["messages"] == []


async def test_nothing_personal_is_left_and_the_same_event_is_still_known(shop: Shop) -> None:
    event = shop.event()
    await shop.post(event)
    await shop.post(shop.event(timestamp="yesterday"))
    await shop.post_raw(b'{"customer": {"phone": "+919876543210", "name": "Test User"')
    await shop.post(shop.event(customer_id="somebody-else", phone=7, email="x@y.z", timestamp=1))
    assert await erased(shop) == of(shop, events=1, quarantined=2)
    found = await exported(shop)
    assert [row["body"] for row in found["events"]] == [{}, {}]
    assert found["quarantined"] == []
    kept = [row for row in await shop.quarantined() if row["body"]]
    assert len(kept) == 1
    assert not any(each in str(found) + str(kept[0]["body"]) for each in PERSONAL[:2])
    assert (await shop.post(event)).json()["status"] == "duplicate"


async def test_erasing_may_be_repeated(shop: Shop) -> None:
    await shop.post()
    assert [(await erased(shop))["events"] for _ in range(2)] == [1, 0]


async def test_who_never_came_has_nothing_to_export_or_erase(shop: Shop) -> None:
    assert (await shop.operator("GET", path_of(shop))).status_code == 404
    assert await erased(shop) == of(shop)
    assert (await shop.operator("GET", path_of(shop))).status_code == 404


async def test_customer_is_erased_while_temporal_is_away(lonely_shop: Shop) -> None:
    await lonely_shop.post()
    assert (await erased(lonely_shop))["events"] == 1
    kinds = [row["kind"] for row in (await exported(lonely_shop))["events"]]
    assert kinds == ["cart_update", "comeback.exit"]


async def test_customers_of_other_stores_and_others_are_left_alone(
    caller: Caller, shop: Shop
) -> None:
    other = await caller.new_store()
    namesake = replace(other, customer_id=shop.customer_id)
    event = namesake.event()
    await namesake.post(event)
    await shop.post()
    await erased(shop)
    assert (await exported(namesake))["events"][0]["body"] == event


@pytest.mark.parametrize("customer_id", ["a/b", "a b?c#d%e", "jos\u00e9", "%_"])
async def test_customer_ids_may_have_any_characters(shop: Shop, customer_id: str) -> None:
    await shop.post(shop.event(customer_id=customer_id))
    path = f"/customers/{quote(customer_id, safe='')}"
    assert (await shop.operator("GET", path)).json()["customer_id"] == customer_id
    assert (await shop.operator("DELETE", path)).json()["events"] == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_only_the_operator_may(caller: Caller, shop: Shop, method: str) -> None:
    await shop.post()
    for headers in ({}, bearer(shop.key), bearer(ADMIN + "x")):
        url = shop.path + path_of(shop)
        assert (await caller.http.request(method, url, headers=headers)).status_code == 401
    unknown = await caller.operator(method, f"/v1/stores/nobody{path_of(shop)}")
    assert unknown.status_code == 404


async def test_message_of_an_erased_event_has_no_address(shop: Shop, database: Database) -> None:
    event = shop.event()
    await shop.post(event)
    async with database.transaction() as connection:
        await customers.erase(connection, shop.store_id, shop.customer_id, [])
    request = SendRequest(
        store_id=shop.store_id,
        customer_id=shop.customer_id,
        trigger_event_id=event["event_id"],
        kind="cart_update",
        step=PlannedStep(
            number=1,
            of=1,
            step=KeptStep.model_validate({"after": "0ms", "template": "t", "language": "en"}),
            wanted_at=now(),
            due_at=now(),
            label="now",
        ),
    )
    async with whatsapp_http() as http:
        meta = WhatsAppClient(http, "http://nobody.test")
        nobody = ChannelClient(http, utc_now, allow_private=False)
        sending = SendMessage(database, meta, nobody, utc_now)
        answer = await ActivityEnvironment().run(sending.send_message, request)
    assert (answer.status, answer.reason) == (SendStatus.ENDED, Reason.NO_ADDRESS)
