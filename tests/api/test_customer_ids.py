"""Personal customer ids: warned of, hashed if the store wants it, and reached by either form."""

from typing import Any
from urllib.parse import quote

import pytest

from domain.customers.identity import hashed_customer_id
from storage import stores
from tests.api.caller import Caller, Shop
from tests.api.running_journeys import explained, store_without_buffer
from tests.databases import both_databases

ASHA = "asha@example.com"


async def key_of(shop: Shop, customer_id: str = ASHA) -> str:
    async with shop.database.reading() as connection:
        store = await stores.existing(connection, shop.store_id)
    return hashed_customer_id(store.hash_key, customer_id)


async def warnings(shop: Shop) -> list[str]:
    answer = await shop.operator("GET")
    return [each["type"] for each in answer.json()["warnings"]]


async def put(shop: Shop, **changes: Any) -> Any:
    return await shop.operator("PUT", json={**shop.config, **changes})


async def posted(shop: Shop, customer_id: str = ASHA, **changes: Any) -> dict[str, Any]:
    event = shop.event(customer_id=customer_id, **changes)
    answer = await shop.post(event)
    assert answer.status_code == 202, answer.text
    return event


@both_databases
async def test_a_personal_id_is_warned_of_by_get_and_put(shop: Shop) -> None:
    await posted(shop, "c1")
    assert "personal_customer_ids" not in await warnings(shop)

    await posted(shop)

    assert "personal_customer_ids" in await warnings(shop)
    answer = await put(shop)
    [warning] = [
        each for each in answer.json()["warnings"] if each["type"] == "personal_customer_ids"
    ]
    assert warning["path"] == ["customer_ids"]
    assert ASHA not in answer.text


@both_databases
async def test_a_hashed_customer_is_reached_by_its_own_id_and_by_its_key(caller: Caller) -> None:
    shop = await caller.new_store(customer_ids="hashed")
    event = await posted(shop)
    key = await key_of(shop)

    for each in (ASHA, key):
        path = quote(each, safe="")
        explanation = (await shop.get(f"journeys/{path}")).json()
        assert explanation["journey_id"] == f"journey:{shop.store_id}:{key}"
        history = (await shop.get(f"journeys/{path}?history=true")).json()
        assert history["journey_id"] == f"journey:{shop.store_id}:{key}"
        export = (await shop.operator("GET", f"/customers/{path}")).json()
        assert [row["event_id"] for row in export["events"]] == [event["event_id"]]
    assert "personal_customer_ids" not in await warnings(shop)


@pytest.mark.usefixtures("worker")
async def test_exit_and_erasure_take_the_partners_id(caller: Caller) -> None:
    shop = await store_without_buffer(caller, "1h")
    await put(shop, customer_ids="hashed")
    await posted(shop)
    answer = await shop.operator("POST", f"/journeys/{ASHA}/exit")
    assert answer.json()["journey_id"] == f"journey:{shop.store_id}:{await key_of(shop)}"

    erased = (await shop.operator("DELETE", f"/customers/{ASHA}")).json()

    assert erased == {"customer_id": ASHA, "events": 1, "messages": 0, "quarantined": 0}
    assert ASHA not in (await shop.operator("GET", f"/customers/{await key_of(shop)}")).text


@both_databases
async def test_the_setting_stays_while_a_journey_is_open(caller: Caller) -> None:
    shop = await caller.new_store()
    await posted(shop)

    for path in ("", "?dry_run=true"):
        answer = await shop.operator("PUT", path, json={**shop.config, "customer_ids": "hashed"})
        assert answer.status_code == 422
        [problem] = answer.json()["detail"]
        assert (problem["type"], problem["loc"]) == ("journeys_open", ["body", "customer_ids"])
    assert (await shop.operator("GET")).json()["customer_ids"] == "plain"
    assert (await put(shop, name="Denim")).status_code == 200


async def test_an_event_that_waits_for_temporal_keeps_the_setting(
    shop_without_temporal: Shop,
) -> None:
    await posted(shop_without_temporal)
    answer = await put(shop_without_temporal, customer_ids="hashed")
    assert answer.status_code == 422


async def test_without_temporal_it_is_not_known_whether_the_setting_may_change(
    shop_without_temporal: Shop,
) -> None:
    answer = await put(shop_without_temporal, customer_ids="hashed")
    assert answer.status_code == 503


@pytest.mark.usefixtures("worker")
async def test_what_was_stored_before_a_change_is_found_erased_and_exported(
    caller: Caller,
) -> None:
    shop = await store_without_buffer(caller, "0ms")
    before = await posted(shop)
    await explained_as(shop, ASHA)
    await hashed_once_closed(shop)
    journey = (await shop.get(f"journeys/{ASHA}")).json()
    assert journey["journey_id"] == f"journey:{shop.store_id}:{ASHA}"

    after = await posted(shop)
    await explained_as(shop, await key_of(shop))

    export = (await shop.operator("GET", f"/customers/{ASHA}")).json()
    assert {row["event_id"] for row in export["events"]} == {before["event_id"], after["event_id"]}
    assert len(export["journeys"]) == len(export["messages"]) == 2
    erased = (await shop.operator("DELETE", f"/customers/{ASHA}")).json()
    assert (erased["events"], erased["messages"]) == (2, 2)


async def hashed_once_closed(shop: Shop) -> None:
    """Change the setting: Temporal lists a closed journey as running for a moment."""
    for _ in range(1000):
        if (await put(shop, customer_ids="hashed")).status_code == 200:
            return
    raise AssertionError("a journey stays open")


async def explained_as(shop: Shop, customer_id: str) -> None:
    await explained(Shop(**{**shop.__dict__, "customer_id": customer_id}), "closed")
