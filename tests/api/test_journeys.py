"""Journeys explained and ended, on a real server."""

from datetime import datetime
from urllib.parse import quote

import pytest
from temporalio.client import Client

from bootstrap import make_notifier
from domain.journey.outcomes import ClosedJourney, Outcome, Reason
from storage import inbox, journeys
from tests.api.caller import (
    Caller,
    Shop,
    bearer,
    connecting_to,
    now,
    running_api,
    settings_for,
    unused_address,
)
from tests.api.running_journeys import explained, running_worker, store_without_buffer
from tests.databases import both_databases

KEYS = {
    "journey_id",
    "kind",
    "stage",
    "outcome",
    "reason",
    "trigger",
    "next_message_at",
    "decisions",
    "messages",
}


@both_databases
async def test_buffering_journey_shows_the_latest_event(shop: Shop) -> None:
    await shop.post(shop.event("product_view", ago=5))
    event = shop.event(ago=1)
    await shop.post(event)
    answer = await shop.get(f"journeys/{shop.customer_id}")
    explanation = answer.json()
    assert answer.status_code == 200
    assert set(explanation) == KEYS
    assert explanation["journey_id"] == f"journey:{shop.store_id}:{shop.customer_id}"
    assert (explanation["stage"], explanation["kind"]) == ("buffering", "cart_update")
    assert explanation["trigger"]["event_id"] == event["event_id"]
    assert set(explanation["trigger"]) == {"event_id", "kind", "at", "intent", "empties_cart"}
    assert explanation["decisions"] == explanation["messages"] == []
    assert explanation["outcome"] is explanation["reason"] is explanation["next_message_at"] is None


@pytest.mark.usefixtures("worker")
async def test_waiting_journey_shows_its_decisions_and_the_next_message(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "1h")
    event = shop.event()
    await shop.post(event)
    explanation = await explained(shop, "waiting")
    assert set(explanation) == KEYS
    assert explanation["trigger"]["event_id"] == event["event_id"]
    assert explanation["next_message_at"] is not None
    noted = [each["decision"] for each in explanation["decisions"]]
    assert noted == ["trigger_chosen", "plan_loaded"]
    assert set(explanation["decisions"][0]) == {"at", "decision", "because", "evidence"}


@pytest.mark.usefixtures("worker")
async def test_operator_ends_a_waiting_journey(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "1h")
    await shop.post()
    await explained(shop, "waiting")
    answer = await shop.operator("POST", f"/journeys/{shop.customer_id}/exit")
    journey_id = f"journey:{shop.store_id}:{shop.customer_id}"
    assert answer.status_code == 202
    assert answer.json() == {"journey_id": journey_id, "status": "accepted"}
    explanation = await explained(shop, "closed")
    assert set(explanation) == KEYS
    assert (explanation["outcome"], explanation["reason"]) == ("exited", "operator")
    again = await shop.operator("POST", f"/journeys/{shop.customer_id}/exit")
    assert again.status_code == 404


@pytest.mark.usefixtures("worker")
async def test_store_ends_a_buffering_journey_with_its_own_key(shop: Shop) -> None:
    await shop.post()
    exited = await shop.caller.http.post(f"{shop.journey_path}/exit", headers=bearer(shop.key))
    assert exited.status_code == 202
    assert (await explained(shop, "closed"))["reason"] == "operator"


@pytest.mark.usefixtures("worker")
async def test_fallback_is_shown_with_the_failure_that_led_to_it(caller: Caller) -> None:
    plain = {"on": ["missing_merge_field"], "template": "plain", "language": "en"}
    shop = await store_without_buffer(
        caller, "0ms", body=["{{ customer.nick }}"], fallbacks=[plain]
    )
    await shop.post()
    (message,) = (await explained(shop, "closed"))["messages"]
    assert (message["template"], message["fallback"]) == ("plain", 1)
    assert message["fallback_because"] == "missing_merge_field"
    assert "channel" not in message
    (listed,) = (await shop.get("messages")).json()["messages"]
    assert (listed["fallback"], listed["channel"]) == (1, "whatsapp")
    plan = (await shop.get("stats")).json()["plans"]["cart_update"]
    assert (plan["steps"], plan["fallbacks"]) == ({}, {"1": {"1": {"accepted": 1}}})
    assert plan["people"] == {"plan": 1, "steps": {"1": 1}}


@pytest.mark.usefixtures("worker")
async def test_closed_journey_shows_its_messages_and_is_counted(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "0ms")
    await shop.post()
    explanation = await explained(shop, "closed")
    assert (explanation["outcome"], explanation["reason"]) == ("messaged", "plan_done")
    (message,) = explanation["messages"]
    assert set(message) == {"step", "template", "status", "provider_id", "due_at", "sent_at"}
    assert (message["step"], message["status"]) == (1, "accepted")
    listed = (await shop.get("messages")).json()
    assert [each["provider_id"] for each in listed["messages"]] == [message["provider_id"]]
    assert "address_hash" not in listed["messages"][0]
    stats = (await shop.get("stats")).json()
    assert set(stats) == {"from", "to", "plans"}
    assert stats["plans"] == {
        "cart_update": {
            "journeys": {"messaged": {"plan_done": 1}},
            "steps": {"1": {"accepted": 1}},
            "fallbacks": {},
            "people": {"plan": 1, "steps": {"1": 1}},
        }
    }


@pytest.mark.usefixtures("worker")
async def test_open_journey_is_shown_instead_of_the_closed_one(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "0ms")
    await shop.post(shop.event(ago=10))
    await explained(shop, "closed")
    assert (await shop.operator("PUT", json=shop.config | {"buffer": "15m"})).status_code == 200
    event = shop.event()
    await shop.post(event)
    explanation = await explained(shop, "buffering")
    assert explanation["trigger"]["event_id"] == event["event_id"]


async def test_waiting_journey_without_a_worker_is_explained_by_its_search_attributes(
    own_database_url: str, address: str, own_namespace: Client, sandbox_url: str
) -> None:
    api = running_api(
        settings_for(own_database_url), connecting_to(address, own_namespace.namespace)
    )
    async with api as caller:
        shop = await store_without_buffer(caller, "1h")
        async with running_worker(own_namespace, caller.database, sandbox_url):
            await shop.post()
            due = (await explained(shop, "waiting"))["next_message_at"]
        explanation = await explained(shop, "waiting")
    assert (explanation["kind"], explanation["trigger"]) == ("cart_update", None)
    assert explanation["next_message_at"][:19] == due[:19]


@pytest.mark.usefixtures("worker")
async def test_held_journey_shows_what_it_waits_for_and_no_time(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "0ms")
    await shop.operator("POST", "/pause")
    await shop.post()
    explanation = await explained(shop, "held")
    assert set(explanation) == KEYS | {"held"}
    since = explanation["held"].pop("since")
    assert explanation["held"] == {
        "reason": "store_paused",
        "because": "paused by the operator",
        "template": None,
    }
    assert datetime.fromisoformat(since) <= now()
    assert explanation["next_message_at"] is None
    await shop.operator("POST", "/resume")
    await make_notifier(shop.database, caller.services.temporal).release_held()
    assert set(await explained(shop, "closed")) == KEYS


async def test_held_journey_without_a_worker_is_explained_by_its_hold(
    own_database_url: str, address: str, own_namespace: Client, sandbox_url: str
) -> None:
    api = running_api(
        settings_for(own_database_url), connecting_to(address, own_namespace.namespace)
    )
    async with api as caller:
        shop = await store_without_buffer(caller, "0ms")
        await shop.operator("POST", "/pause")
        async with running_worker(own_namespace, caller.database, sandbox_url):
            await shop.post()
            await explained(shop, "held")
        explanation = await explained(shop, "held")
    assert explanation["held"]["because"] == "paused by the operator"
    assert (explanation["trigger"], explanation["next_message_at"]) == (None, None)


@both_databases
@pytest.mark.parametrize(
    "customer_id", ["a/b", "a/exit", "a b?c#d%e", "jos\u00e9", "'\";--", "/", "\U0001f456"]
)
async def test_customer_ids_may_have_any_characters(caller: Caller, customer_id: str) -> None:
    shop = await caller.new_store()
    await shop.post(shop.event(customer_id=customer_id))
    path = f"journeys/{quote(customer_id, safe='')}"
    answer = await shop.get(path)
    assert answer.status_code == 200
    assert answer.json()["journey_id"] == f"journey:{shop.store_id}:{customer_id}"
    assert (await shop.operator("POST", f"/{path}/exit")).status_code == 202


@both_databases
async def test_unknown_customer_has_no_journey(shop: Shop) -> None:
    assert (await shop.get("journeys/unknown")).status_code == 404
    assert (await shop.operator("POST", "/journeys/unknown/exit")).status_code == 404
    await shop.post(shop.event("collection_view"))
    assert (await shop.get(f"journeys/{shop.customer_id}")).status_code == 404
    assert (await shop.get("journeys/no%00body")).status_code == 422


async def test_only_the_operator_and_the_store_see_its_journeys(caller: Caller, shop: Shop) -> None:
    other = await caller.new_store()
    await shop.post()
    answers = [
        await caller.http.get(shop.journey_path, headers=headers)
        for headers in ({}, bearer(other.key), bearer("ck_a_b"))
    ]
    answers.append(await caller.http.get("/v1/stores/unknown/stats", headers=bearer(shop.key)))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert (await shop.operator("GET", f"/journeys/{shop.customer_id}")).status_code == 200
    assert (await caller.operator("GET", "/v1/stores/unknown/stats")).status_code == 404


async def test_undelivered_event_is_explained_as_buffering(shop_without_temporal: Shop) -> None:
    event = shop_without_temporal.event()
    await shop_without_temporal.post(event)
    explanation = await explained(shop_without_temporal, "buffering")
    assert explanation["trigger"]["event_id"] == event["event_id"]


async def test_exit_is_accepted_while_temporal_is_unavailable(shop_without_temporal: Shop) -> None:
    await shop_without_temporal.post()
    exited = await shop_without_temporal.operator(
        "POST", f"/journeys/{shop_without_temporal.customer_id}/exit"
    )
    assert exited.status_code == 202


async def test_explanation_that_only_temporal_has_is_a_503_while_it_is_unavailable(
    shop_without_temporal: Shop,
) -> None:
    answer = await shop_without_temporal.get("journeys/unknown")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def close(shop: Shop) -> None:
    closed = ClosedJourney(
        run_id=f"run-{shop.customer_id}",
        store_id=shop.store_id,
        customer_id=shop.customer_id,
        trigger=None,
        outcome=Outcome.EXITED,
        reason=Reason.ORDER_PLACED,
        evidence={},
        decisions=[],
        closed_at=now(),
    )
    async with shop.database.transaction() as connection:
        await journeys.record(connection, closed)


@both_databases
async def test_closed_journey_is_explained_while_temporal_is_unavailable(
    shop_without_temporal: Shop,
) -> None:
    await close(shop_without_temporal)
    explanation = await explained(shop_without_temporal, "closed")
    assert (explanation["kind"], explanation["reason"]) == (None, "order_placed")
    assert (await shop_without_temporal.get("stats")).json()["plans"] == {
        "none": {
            "journeys": {"exited": {"order_placed": 1}},
            "steps": {},
            "fallbacks": {},
            "people": {"plan": 0, "steps": {}},
        }
    }


async def test_closed_journey_is_not_shown_when_a_later_one_may_be_open(
    caller: Caller,
) -> None:
    shop = await caller.new_store()
    await close(shop)
    await shop.post()
    settings = settings_for(caller.services.settings.database)
    with unused_address() as unused:
        async with running_api(settings, connecting_to(unused)) as without_temporal:
            answer = await without_temporal.operator("GET", shop.journey_path)
    assert answer.status_code == 503


async def test_undelivered_event_is_explained_instead_of_the_closed_journey(
    shop_without_temporal: Shop,
) -> None:
    await close(shop_without_temporal)
    await shop_without_temporal.post()
    assert (await explained(shop_without_temporal, "buffering"))["kind"] == "cart_update"
    async with shop_without_temporal.database.reading() as connection:
        assert await inbox.backlog(connection) == 1
