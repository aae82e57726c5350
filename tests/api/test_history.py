"""A customer's history: every journey, every ignored event, and why somebody got nothing."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from domain.journey.outcomes import ClosedJourney, Decision, Outcome, Reason
from operations.history import PAGE_SIZE
from storage import journeys
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
from tests.api.running_journeys import explained, store_without_buffer
from tests.databases import both_databases
from tests.storage.builders import an_event

KEYS = {"journey_id", "journeys", "events", "opted_out", "open_journey_unknown", "next_cursor"}


async def history(shop: Shop, customer_id: str | None = None, **query: str) -> dict[str, Any]:
    path = f"journeys/{customer_id or shop.customer_id}"
    answer = await shop.get(path, params={"history": "true", **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert set(found) == KEYS
    return found


async def close(shop: Shop, number: int, reason: Reason = Reason.ORDER_PLACED) -> None:
    closed = ClosedJourney(
        run_id=f"{shop.store_id}-{number}",
        store_id=shop.store_id,
        customer_id=shop.customer_id,
        trigger=an_event(f"trigger-{number}"),
        outcome=Outcome.EXITED,
        reason=reason,
        evidence={},
        decisions=[Decision(at=now(), decision="exited", because=reason, evidence={"n": "1"})],
        closed_at=now() + timedelta(seconds=number),
    )
    async with shop.database.transaction() as connection:
        await journeys.record(connection, closed)


@both_databases
async def test_customer_who_never_had_a_journey_has_the_events_that_were_ignored(
    shop: Shop,
) -> None:
    view, wish = shop.event("collection_view", ago=5), shop.event(event_name="wished")
    await shop.post(view)
    await shop.post(wish)
    found = await history(shop)
    assert found["journey_id"] == f"journey:{shop.store_id}:{shop.customer_id}"
    assert (found["journeys"], found["opted_out"], found["next_cursor"]) == ([], None, None)
    assert found["open_journey_unknown"] is False
    told = [(each["event_id"], each["event_name"], each["status"]) for each in found["events"]]
    assert told == [
        (wish["event_id"], "wished", "ignored"),
        (view["event_id"], "collection_view", "ignored"),
    ]
    assert found["events"][0]["reason"] == "no plan for wished"
    assert set(found["events"][0]) == {
        *("event_id", "event_name", "timestamp", "received_at", "status", "reason")
    }


@pytest.mark.usefixtures("worker")
async def test_journeys_are_listed_with_their_messages_the_open_one_first(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "0ms")
    first, second = shop.event(ago=20), shop.event(ago=10)
    for event in (first, second):
        await shop.post(event)
        while (await explained(shop, "closed"))["trigger"]["event_id"] != event["event_id"]:
            pass
    assert (await shop.operator("PUT", json=shop.config | {"buffer": "15m"})).status_code == 200
    third = shop.event()
    await shop.post(third)
    open_one, *closed = (await history(shop))["journeys"]
    assert (open_one["stage"], open_one["trigger"]["event_id"]) == ("buffering", third["event_id"])
    assert "closed_at" not in open_one
    assert [each["trigger"]["event_id"] for each in closed] == [
        second["event_id"],
        first["event_id"],
    ]
    for each in closed:
        assert (each["stage"], each["outcome"], each["reason"]) == (
            *("closed", "messaged", "plan_done"),
        )
        assert each["closed_at"] is not None
        assert [message["status"] for message in each["messages"]] == ["accepted"]
        assert {decision["decision"] for decision in each["decisions"]} >= {"message_sent"}


async def test_customer_who_opted_out_is_known_as_such(shop: Shop) -> None:
    event = shop.event()
    await shop.operator("PUT", f"/suppressions/{event['customer']['phone']}")
    await shop.post(event)
    found = await history(shop)
    assert set(found["opted_out"]) == {"because", "since"}
    (ignored,) = found["events"]
    assert ignored["reason"] == "opted out: this number is suppressed"


@both_databases
async def test_pages_have_every_journey_and_every_ignored_event_once(shop: Shop) -> None:
    count = PAGE_SIZE + 5
    for number in range(count):
        await close(shop, number)
    await shop.post(shop.event("collection_view"))
    first = await history(shop)
    second = await history(shop, cursor=first["next_cursor"])
    reasons = [each["trigger"]["event_id"] for each in first["journeys"] + second["journeys"]]
    assert len(first["journeys"]) == PAGE_SIZE
    assert reasons == [f"trigger-{number}" for number in reversed(range(count))]
    assert (len(first["events"]), second["events"]) == (1, [])
    assert second["next_cursor"] is None


async def test_ignored_events_go_on_where_journeys_have_ended(shop: Shop) -> None:
    posted = [shop.event("collection_view") for _ in range(PAGE_SIZE + 1)]
    for event in posted:
        await shop.post(event)
    first = await history(shop)
    second = await history(shop, cursor=first["next_cursor"])
    listed = [each["event_id"] for each in first["events"] + second["events"]]
    assert listed == [event["event_id"] for event in reversed(posted)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "said",
    [
        b"x",
        b"{}",
        b'[["2024-10-08T06:30:35Z","a\\u0000b"],1]',
        b'[["2024-10-08T06:30:35","a"],1]',
        b"[null,9223372036854775808]",
    ],
)
async def test_invalid_cursor_is_refused(shop: Shop, said: bytes) -> None:
    query = {"history": "true", "cursor": base64.urlsafe_b64encode(said).decode()}
    answer = await shop.get(f"journeys/{shop.customer_id}", params=query)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["query", "cursor"]]


async def test_customer_of_whom_nothing_is_known_is_not_found(shop: Shop) -> None:
    await shop.operator("POST", f"/journeys/{shop.customer_id}/exit")
    path = f"journeys/{shop.customer_id}"
    answer = await shop.get(path, params={"history": "true"})
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "no such customer: no event of this id is kept",
    )
    pointer = (await shop.get(path)).json()["detail"]
    assert "?history=true" in pointer


async def test_history_is_the_stores_own_and_the_operators(caller: Caller, shop: Shop) -> None:
    other = await caller.new_store()
    await shop.post(shop.event("collection_view"))
    path, query = shop.journey_path, {"history": "true"}
    strangers = await caller.http.get(path, params=query, headers=bearer(other.key))
    assert strangers.status_code == 401
    own = await other.get(f"journeys/{shop.customer_id}", params=query)
    assert own.status_code == 404
    operators = await caller.operator("GET", path, params=query)
    assert (await history(shop)) == operators.json()


async def test_history_is_told_without_temporal_and_says_what_may_be_missing(
    caller: Caller,
) -> None:
    shop = await caller.new_store()
    await close(shop, 1)
    await shop.post(shop.event("collection_view", ago=9))
    settings = settings_for(caller.services.settings.database)

    async def without_temporal() -> dict[str, Any]:
        with unused_address() as unused:
            async with running_api(settings, connecting_to(unused)) as other:
                answer = await other.operator("GET", shop.journey_path, params={"history": "true"})
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    before = await without_temporal()
    assert [each["reason"] for each in before["journeys"]] == ["order_placed"]
    assert before["open_journey_unknown"] is False
    assert len(before["events"]) == 1
    await shop.post()
    assert (await history(shop))["journeys"][0]["stage"] == "buffering"
    after = await without_temporal()
    assert after["journeys"] == before["journeys"]
    assert after["open_journey_unknown"] is True


async def test_undelivered_event_is_told_as_the_journey_that_it_will_start(
    shop_without_temporal: Shop,
) -> None:
    event = shop_without_temporal.event()
    await shop_without_temporal.post(event)
    found = await history(shop_without_temporal)
    (journey,) = found["journeys"]
    assert (journey["stage"], journey["trigger"]["event_id"]) == ("buffering", event["event_id"])
    assert found["open_journey_unknown"] is True


async def test_unknown_customer_is_not_found_without_temporal_either(
    shop_without_temporal: Shop,
) -> None:
    answer = await shop_without_temporal.get("journeys/unknown", params={"history": "true"})
    assert answer.status_code == 404
