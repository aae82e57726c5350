"""Posting events: every line of the contract's table."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from sandbox import samples
from storage import inbox
from storage.database import Database
from tests.api.calling import Caller, Shop, bearer, now


def locations(answer: dict[str, Any]) -> list[list[Any]]:
    return [problem["loc"] for problem in answer["detail"]]


async def test_event_is_accepted_into_a_journey(
    shop: Shop, temporal: WorkflowEnvironment, database: Database
) -> None:
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
    async with database.reading() as connection:
        assert await inbox.body(connection, shop.store_id, event["event_id"]) == event


async def test_second_event_is_debounced_into_the_same_journey(shop: Shop) -> None:
    first, second = await shop.post(), await shop.post()
    assert first.json()["journey_id"] == second.json()["journey_id"]
    assert second.json()["status"] == "accepted"


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


async def test_guides_samples_as_they_stand_are_understood_but_too_old(shop: Shop) -> None:
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
        ({"event_name": "order_placed"}, "no open journey"),
    ],
)
async def test_event_nobody_can_be_messaged_about_is_ignored_with_a_reason(
    shop: Shop, changes: dict[str, Any], reason: str
) -> None:
    answer = await shop.post(shop.event(**changes))
    assert answer.status_code == 202
    assert answer.json()["status"] == "ignored"
    assert reason in answer.json()["reason"]
    assert answer.json()["journey_id"] is None


async def test_event_of_an_opted_out_number_is_ignored(shop: Shop) -> None:
    put = await shop.operator("PUT", "/suppressions/+919876543210")
    assert (put.status_code, put.content) == (204, b"")
    assert "opted out" in (await shop.post()).json()["reason"]
    assert (await shop.operator("DELETE", "/suppressions/+919876543210")).status_code == 204
    assert (await shop.post()).json()["status"] == "accepted"


async def test_no_key_unknown_store_and_foreign_key_get_one_and_the_same_answer(
    caller: Caller, shop: Shop
) -> None:
    other = await caller.new_store()
    url, body = f"{shop.path}/events", shop.event()
    answers = [
        await caller.http.post(url, json=body),
        await caller.http.post(url, json=body, headers={"Authorization": "Basic eDp5"}),
        await caller.http.post(url, json=body, headers=bearer(other.key)),
        await caller.http.post(url, json=body, headers=bearer("ck_x_y")),
        await caller.http.post("/v1/stores/nobody/events", json=body, headers=bearer(shop.key)),
        await caller.http.post("/v1/stores/No%00body/events", json=body, headers=bearer(shop.key)),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


async def test_operators_token_is_not_a_stores_key(shop: Shop) -> None:
    assert (await shop.post(key="the-operators-token")).status_code == 401


async def test_body_over_64_kib_is_refused_whatever_its_length_is_said_to_be(shop: Shop) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b" " * 1024

    big = b" " * (64 * 1024 + 1)
    streamed = await shop.caller.http.post(
        f"{shop.path}/events", headers=bearer(shop.key), content=chunks()
    )
    lying = await shop.post_raw(big, **{"content-length": "10"})
    assert [(await shop.post_raw(big)).status_code, streamed.status_code, lying.status_code] == [
        413,
        413,
        413,
    ]
    endless = await shop.post_raw(b" " * 64 * 1024 * 17)
    assert endless.status_code == 413


async def test_body_of_64_kib_is_taken(shop: Shop) -> None:
    raw = json.dumps(shop.event()).encode()
    assert (await shop.post_raw(raw.ljust(64 * 1024))).status_code == 202


async def test_who_may_not_post_is_told_so_however_long_the_body(caller: Caller) -> None:
    answer = await caller.http.post("/v1/stores/nobody/events", content=b" " * 70_000)
    assert answer.status_code == 401


async def test_every_wrong_field_is_named_and_none_is_echoed(shop: Shop) -> None:
    event = shop.event(
        organization_id="another", timestamp=(now() + timedelta(hours=1)).isoformat()
    )
    event["event_data"]["price"]["amount"] = "much"
    event["customer"] = {"phone": "secret" * 10}
    del event["event_id"]
    answer = await shop.post(event)
    assert answer.status_code == 422
    assert locations(answer.json()) == [
        ["body", "event_id"],
        ["body", "customer", "phone"],
        ["body", "event_data", "price", "amount"],
        ["body", "organization_id"],
        ["body", "timestamp"],
    ]
    assert all(set(problem) == {"type", "loc", "msg"} for problem in answer.json()["detail"])
    assert "secret" not in answer.text
    assert "another" not in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization_id", "another"),
        ("timestamp", "2024-10-08T06:30:35"),
        ("timestamp", 1728369035),
        ("timestamp", (now() + timedelta(minutes=30)).isoformat()),
        ("customer", {}),
        ("event_name", ""),
    ],
)
async def test_wrong_field_is_named(shop: Shop, field: str, value: Any) -> None:
    answer = await shop.post({**shop.event(), field: value})
    assert answer.status_code == 422
    assert locations(answer.json()) == [["body", field]]


async def test_timestamp_slightly_ahead_is_taken(shop: Shop) -> None:
    assert (await shop.post(shop.event(ago=-500))).status_code == 202


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"event_name": "x',
        b"[" * 5000,
        b'{"amount": NaN}',
        b'{"amount": -Infinity}',
        b'{"amount": 1e999}',
        b'{"name": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"name": "\\ud800"}',
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_no_database_could_keep_is_invalid_and_quarantined(
    shop: Shop, raw: bytes
) -> None:
    whole = json.dumps(shop.event()).encode()
    merged = whole[:-1] + b', "extra": ' + raw + b"}" if raw[:1] in (b"{", b"[") else raw
    for body in (raw, merged):
        assert (await shop.post_raw(body)).status_code in (202, 422)
    assert (await shop.post_raw(raw)).status_code == 422
    assert (await shop.quarantined())[0]["body"] == raw.decode(errors="replace")


@pytest.mark.parametrize("value", ['"\\u0000"', '"\\ud800"', "NaN", "Infinity", "1e999"])
async def test_unstorable_values_in_unknown_fields_are_invalid(shop: Shop, value: str) -> None:
    whole = json.dumps(shop.event())
    raw = whole[:-1] + f', "extra": {{"deep": [{value}]}}}}'
    answer = await shop.post_raw(raw.encode())
    assert answer.status_code == 422
    assert locations(answer.json()) == [["body"]]


async def test_invalid_event_is_kept_in_quarantine_with_its_errors(shop: Shop) -> None:
    answer = await shop.post_raw(b'{"event_name": "product_view", "x": "\x00"}')
    kept = await shop.quarantined()
    assert [each["errors"] for each in kept] == [answer.json()["detail"]]
    assert kept[0]["body"] == '{"event_name": "product_view", "x": "\ufffd"}'
    older = await shop.operator("GET", f"/quarantine?before={kept[0]['id']}")
    assert older.json() == {"quarantine": []}


async def test_quarantine_of_another_store_is_not_shown(caller: Caller, shop: Shop) -> None:
    await shop.post({})
    other = await caller.new_store()
    assert await other.quarantined() == []
    assert (await caller.http.get(f"{shop.path}/quarantine")).status_code == 401


async def test_event_stands_while_temporal_is_away(lonely_shop: Shop, database: Database) -> None:
    for _ in range(2):
        answer = await lonely_shop.post()
        assert answer.status_code == 202
        assert answer.json()["status"] == "accepted"
    async with database.reading() as connection:
        assert await inbox.backlog(connection) == 2


async def test_duplicate_of_an_undelivered_event_does_not_hide_it(
    lonely_shop: Shop, database: Database
) -> None:
    event = lonely_shop.event()
    await lonely_shop.post(event)
    assert (await lonely_shop.post(event)).json()["status"] == "duplicate"
    async with database.reading() as connection:
        assert await inbox.backlog(connection) == 1
