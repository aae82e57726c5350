"""Posting events: what is accepted, ignored or refused."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from sandbox import samples
from storage import inbox
from tests.api.caller import Caller, Shop, bearer
from tests.databases import both_databases


@both_databases
async def test_event_starts_a_journey(shop: Shop, temporal: WorkflowEnvironment) -> None:
    event = shop.event()
    answer = await shop.post(event)
    journey = f"journey:{shop.store_id}:{shop.customer_id}"
    assert answer.status_code == 202
    assert answer.json() == {
        "event_id": event["event_id"],
        "status": "accepted",
        "reason": None,
        "journey_id": journey,
    }
    described = await temporal.client.get_workflow_handle(journey).describe()
    assert described.id == journey
    async with shop.database.reading() as connection:
        assert await inbox.body(connection, shop.store_id, event["event_id"]) == event


async def test_second_event_is_debounced_into_the_same_journey(shop: Shop) -> None:
    first, second = await shop.post(), await shop.post()
    assert first.json()["journey_id"] == second.json()["journey_id"]
    assert second.json()["status"] == "accepted"


@both_databases
async def test_same_event_id_is_a_duplicate(shop: Shop) -> None:
    event = shop.event()
    await shop.post(event)
    answer = await shop.post(event)
    assert answer.status_code == 202
    assert answer.json() == {
        "event_id": event["event_id"],
        "status": "duplicate",
        "reason": None,
        "journey_id": None,
    }


async def test_samples_of_the_guide_are_valid_and_too_old(shop: Shop) -> None:
    for name in ("product_view", "collection_view", "cart_update.add_to_cart"):
        body = samples.sample(name) | {"event_id": name}
        answer = await shop.post(body)
        assert answer.status_code == 202
        assert answer.json()["status"] == "ignored"
        assert answer.json()["reason"].startswith("too old")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "collection_view"}, "no plan for collection_view"),
        ({"event_name": "wishlist_add"}, "no plan for wishlist_add"),
        ({"phone": None, "email": None}, "no address to message"),
        ({"ago": 90_000}, "too old"),
    ],
)
async def test_event_that_leads_to_no_message_is_ignored_with_a_reason(
    shop: Shop, changes: dict[str, Any], reason: str
) -> None:
    answer = await shop.post(shop.event(**changes))
    assert answer.status_code == 202
    assert answer.json()["status"] == "ignored"
    assert reason in answer.json()["reason"]
    assert answer.json()["journey_id"] is None


@both_databases
async def test_event_of_an_opted_out_number_is_ignored(shop: Shop) -> None:
    put = await shop.operator("PUT", "/suppressions/+919876543210")
    assert (put.status_code, put.content) == (204, b"")
    assert "opted out" in (await shop.post()).json()["reason"]
    assert (await shop.operator("DELETE", "/suppressions/+919876543210")).status_code == 204
    assert (await shop.post()).json()["status"] == "accepted"


async def test_missing_key_unknown_store_and_key_of_another_store_get_the_same_answer(
    caller: Caller, shop: Shop
) -> None:
    other = await caller.new_store()
    url, body = f"{shop.path}/events", shop.event()
    answers = [
        await caller.http.post(url, json=body),
        await caller.http.post(url, json=body, headers={"Authorization": "Basic eDp5"}),
        await caller.http.post(url, json=body, headers=bearer(other.key)),
        await caller.http.post(url, json=body, headers=bearer("ck_x_y")),
        await caller.http.post("/v1/stores/unknown/events", json=body, headers=bearer(shop.key)),
        await caller.http.post("/v1/stores/No%00body/events", json=body, headers=bearer(shop.key)),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


async def test_operators_token_is_not_a_stores_key(shop: Shop) -> None:
    assert (await shop.post(key="the-operators-token")).status_code == 401


@both_databases
async def test_event_is_accepted_while_temporal_is_unavailable(shop_without_temporal: Shop) -> None:
    for _ in range(2):
        answer = await shop_without_temporal.post()
        assert answer.status_code == 202
        assert answer.json()["status"] == "accepted"
    async with shop_without_temporal.database.reading() as connection:
        assert await inbox.backlog(connection) == 2


async def test_duplicate_of_an_undelivered_event_leaves_it_in_the_backlog(
    shop_without_temporal: Shop,
) -> None:
    event = shop_without_temporal.event()
    await shop_without_temporal.post(event)
    assert (await shop_without_temporal.post(event)).json()["status"] == "duplicate"
    async with shop_without_temporal.database.reading() as connection:
        assert await inbox.backlog(connection) == 1
