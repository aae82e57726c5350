"""The operator's quarantine: listed, retried or discarded."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest

from api import quarantine as route
from ingest import meta_updates
from ingest.update_results import RoutedUpdate, UpdateCounts
from storage import quarantine
from storage.database import Database
from storage.quarantine import Rejected
from tests.api.caller import Caller, Shop, bearer, now
from tests.api.meta_caller import Meta, listed
from tests.databases import both_databases
from tests.whatsapp.webhook_samples import change, notification, preference, status, text

URL = "/v1/quarantine"
WA_ID = "919876543210"
ELSEWHERE = "8b1f4c1e-0000-4a1c-81ad-ff84j3615e22"


@pytest.fixture
def caller(own_caller: Caller) -> Caller:
    """These tests count the quarantined bodies of all stores."""
    return own_caller


@pytest.fixture
async def shop(caller: Caller) -> Shop:
    return await caller.new_store()


async def page(caller: Caller, **query: Any) -> dict[str, Any]:
    answer = await caller.operator("GET", URL, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rows(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await page(caller, **query))["quarantine"]
    return listed


async def only_id(caller: Caller) -> int:
    (row,) = await rows(caller)
    return int(row["id"])


async def retry(caller: Caller, row_id: int) -> httpx.Response:
    return await caller.operator("POST", f"{URL}/{row_id}/retry")


@both_databases
async def test_events_and_updates_are_listed_together_without_their_bodies(meta: Meta) -> None:
    shop = await meta.store("1")
    await shop.post(shop.event(timestamp="yesterday"))
    await meta.post("1", statuses=[{"id": "wamid.bad"}])
    await meta.post("2", messages=[text("STOP")])
    await meta.send(b"{")
    await meta.processed()
    found = await rows(meta.caller)
    assert [(row["store_id"], row["source"], row["phone_number_id"]) for row in found] == [
        (None, "notification", None),
        (None, "message", "2"),
        (shop.store_id, "status", "1"),
        (shop.store_id, "event", None),
    ]
    assert found[1]["errors"][0]["type"] == "unroutable"
    assert not any("body" in row for row in found)


@both_databases
async def test_list_is_filtered(meta: Meta) -> None:
    shop = await meta.store("1")
    await shop.post({})
    await meta.post("1", statuses=[{"id": "wamid.bad"}])
    await meta.post("2", messages=[text("STOP")])
    assert len(await rows(meta.caller, store_id=shop.store_id)) == 2
    assert len(await rows(meta.caller, store_id=shop.store_id, source="event")) == 1
    assert len(await rows(meta.caller, phone_number_id="2")) == 1
    assert await rows(meta.caller, store_id="unknown") == []


@both_databases
async def test_list_is_paged(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "PAGE_SIZE", 2)
    for _ in range(3):
        await shop.post({})
    first = await page(shop.caller)
    rest = await page(shop.caller, cursor=first["next_cursor"])
    ids = [row["id"] for row in first["quarantine"] + rest["quarantine"]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), rest["next_cursor"]) == (3, None)


@pytest.mark.parametrize("cursor", ["x", "0", "-1", str(2**63)])
async def test_an_invalid_cursor_is_refused(caller: Caller, cursor: str) -> None:
    answer = await caller.operator("GET", URL, params={"cursor": cursor})
    assert answer.status_code == 422


async def test_quarantined_body_is_shown(shop: Shop) -> None:
    await shop.post_raw(b"{not json")
    row_id = await only_id(shop.caller)
    answer = await shop.caller.operator("GET", f"{URL}/{row_id}")
    assert answer.json()["body"] == "{not json"


async def test_quarantined_body_is_discarded(shop: Shop) -> None:
    await shop.post({})
    path = f"{URL}/{await only_id(shop.caller)}"
    assert (await shop.caller.operator("DELETE", path)).status_code == 204
    assert await rows(shop.caller) == []
    for method, of_it in (("GET", path), ("DELETE", path), ("POST", f"{path}/retry")):
        assert (await shop.caller.operator(method, of_it)).status_code == 404


async def test_only_the_operator_has_access(shop: Shop) -> None:
    await shop.post({})
    path = f"{URL}/{await only_id(shop.caller)}"
    calls = (("GET", URL), ("GET", path), ("POST", f"{path}/retry"), ("DELETE", path))
    for method, of_it in calls:
        answer = await shop.caller.http.request(method, of_it, headers=bearer(shop.key))
        assert answer.status_code == 401
    assert len(await rows(shop.caller)) == 1


@both_databases
async def test_an_event_is_accepted_after_its_store_was_corrected(shop: Shop) -> None:
    event = shop.event(organization_id=ELSEWHERE)
    assert (await shop.post(event)).status_code == 422
    await shop.operator("PUT", json={**shop.config, "organization_id": ELSEWHERE})
    answer = await retry(shop.caller, await only_id(shop.caller))
    assert answer.status_code == 200, answer.text
    receipt = answer.json()["receipt"]
    assert (receipt["event_id"], receipt["status"]) == (event["event_id"], "accepted")
    assert await rows(shop.caller) == []
    assert (await shop.post(event)).json()["status"] == "duplicate"


async def test_event_that_is_still_invalid_stays(shop: Shop) -> None:
    await shop.post(shop.event(timestamp="yesterday"))
    row_id = await only_id(shop.caller)
    answer = await retry(shop.caller, row_id)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "timestamp"]
    assert await only_id(shop.caller) == row_id


async def test_an_erased_body_cannot_be_retried(shop: Shop) -> None:
    await shop.post(shop.event(timestamp="yesterday"))
    await shop.operator("DELETE", f"/customers/{shop.customer_id}")
    assert (await retry(shop.caller, await only_id(shop.caller))).status_code == 409


@both_databases
@pytest.mark.parametrize(
    "value",
    [
        {"messages": [text("STOP", **{"from": WA_ID})]},
        {"user_preferences": [preference("stop", WA_ID)]},
    ],
)
async def test_opt_out_is_applied_by_a_retry_once_a_store_has_the_number(
    meta: Meta, value: dict[str, Any]
) -> None:
    await meta.post("1", **value)
    row_id = await only_id(meta.caller)
    assert (await retry(meta.caller, row_id)).status_code == 409
    shop = await meta.store("1")
    answer = await retry(meta.caller, row_id)
    assert answer.json() == {"id": row_id, "receipt": None, "results": {"changed": 1}}
    assert await meta.claim(shop) is None
    assert await rows(meta.caller) == []


async def test_update_that_is_still_invalid_stays(meta: Meta) -> None:
    await meta.store("1")
    await meta.post("1", statuses=[{"id": "wamid.bad", "status": "read"}])
    row_id = await only_id(meta.caller)
    answer = await retry(meta.caller, row_id)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["timestamp"]
    assert await only_id(meta.caller) == row_id


async def test_a_whole_notification_is_accepted_with_updates_of_no_store_in_it(
    meta: Meta,
) -> None:
    shop = await meta.store("1")
    here: dict[str, Any] = {"metadata": {"phone_number_id": "1"}}
    said = change(**here, messages=[text("Hi"), text("STOP", **{"from": WA_ID})])
    template = {"field": "message_template_components_update", "value": {}}
    body = notification(said, template, change(**here, statuses=[status("sent", "wamid.x")]))
    whole = Rejected(None, json.dumps(body), [{"type": "test"}], "notification")
    async with meta.caller.database.transaction() as connection:
        await quarantine.add(connection, whole, now())

    answer = await retry(meta.caller, await only_id(meta.caller))

    assert answer.status_code == 200, answer.text
    assert sum(answer.json()["results"].values()) == 4
    assert await meta.claim(shop) is None
    assert await rows(meta.caller) == []


async def test_a_notification_that_is_still_not_json_stays(meta: Meta) -> None:
    await meta.send(b"{")
    await meta.processed()
    assert (await retry(meta.caller, await only_id(meta.caller))).status_code == 422


async def test_only_the_failed_one_of_many_updates_is_retried(
    meta: Meta, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await meta.store("1")
    ids = [await meta.claim(shop, step=step) for step in (1, 2)]
    odd, fine = (status("read", f"w{each}", biz_opaque_callback_data=each) for each in ids)
    apply_updates = meta_updates.apply_updates

    async def failing(
        database: Database, batch: Sequence[RoutedUpdate], at: datetime
    ) -> UpdateCounts:
        if any(each.update.item == odd for each in batch):
            raise ZeroDivisionError
        return await apply_updates(database, batch, at)

    with monkeypatch.context() as patched:
        patched.setattr(meta_updates, "apply_updates", failing)
        await meta.post("1", statuses=[odd, fine])
    assert [each["status"] for each in await listed(shop)] == ["claimed", "read"]
    (row,) = await rows(meta.caller, store_id=shop.store_id)
    assert (row["source"], row["errors"]) == ("status", [{"type": "ZeroDivisionError"}])
    assert (await retry(meta.caller, row["id"])).json()["results"] == {"changed": 1}
    assert [each["status"] for each in await listed(shop)] == ["read", "read"]


async def test_a_retry_that_fails_unexpectedly_says_so_and_keeps_the_update(
    meta: Meta, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await meta.store("1")

    async def failing(*_: object) -> UpdateCounts:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(meta_updates, "apply_updates", failing)
        await meta.post("1", statuses=[status("read")])
        (row,) = await rows(meta.caller, store_id=shop.store_id)
        answer = await retry(meta.caller, row["id"])
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "ZeroDivisionError"
    assert len(await rows(meta.caller, store_id=shop.store_id)) == 1


@both_databases
async def test_updates_of_an_unknown_number_are_kept_up_to_a_limit(
    meta: Meta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MAX_UPDATES", 3)
    for _ in range(2):
        await meta.post("1", statuses=[status("read", f"wamid.{number}") for number in range(2)])
    await meta.post("2", statuses=[status("read")])
    assert len(await rows(meta.caller, phone_number_id="1")) == 3
    assert len(await rows(meta.caller, phone_number_id="2")) == 1
    assert await meta.results("status", "unroutable") == 5


async def test_a_kept_update_is_as_meta_posted_it(meta: Meta) -> None:
    posted = {**status("read"), "of_a_newer_version": {"x": [1]}}
    await meta.post("1", statuses=[posted])
    answer = await meta.caller.operator("GET", f"{URL}/{await only_id(meta.caller)}")
    assert json.loads(answer.json()["body"]) == posted


@both_databases
async def test_an_update_about_a_template_is_retried(caller: Caller) -> None:
    value = {
        "event": "PAUSED",
        "message_template_name": "sale",
        "message_template_language": "en",
    }
    about = {"field": "message_template_status_update", "value": value}
    body = json.dumps({"entry": [{"id": "1", "time": 1790000000, "changes": [about]}]})
    async with caller.database.transaction() as connection:
        errors = [{"type": "IntegrityError"}]
        await quarantine.add(connection, Rejected(None, body, errors, "template"), now())
    answer = await retry(caller, await only_id(caller))
    assert (answer.status_code, answer.json()["results"]) == (200, {"unmatched": 1})
    assert await rows(caller) == []
