"""Bodies of posted events: their size, invalid ones, and their quarantine."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from storage import quarantine
from tests.api.caller import Caller, Shop, bearer, now
from tests.databases import both_databases


def locations(answer: dict[str, Any]) -> list[list[Any]]:
    return [problem["loc"] for problem in answer["detail"]]


async def test_body_over_64_kib_is_refused_also_with_a_false_content_length(shop: Shop) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b" " * 1024

    big = b" " * (64 * 1024 + 1)
    streamed = await shop.caller.http.post(
        f"{shop.path}/events", headers=bearer(shop.key), content=chunks()
    )
    with_false_length = await shop.post_raw(big, **{"content-length": "10"})
    whole = await shop.post_raw(big)
    endless = await shop.post_raw(b" " * 64 * 1024 * 17)
    answers = [whole, streamed, with_false_length, endless]
    assert [answer.status_code for answer in answers] == [413] * 4


async def test_body_of_64_kib_is_accepted(shop: Shop) -> None:
    raw = json.dumps(shop.event()).encode()
    assert (await shop.post_raw(raw.ljust(64 * 1024))).status_code == 202


async def test_unauthorized_caller_with_a_long_body_gets_401(caller: Caller) -> None:
    answer = await caller.http.post("/v1/stores/unknown/events", content=b" " * 70_000)
    assert answer.status_code == 401


async def test_every_wrong_field_is_named_and_no_value_is_echoed(shop: Shop) -> None:
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
        pytest.param("timestamp", (now() + timedelta(minutes=30)).isoformat(), id="ahead"),
        ("customer", {}),
        ("event_name", ""),
    ],
)
async def test_wrong_field_is_named(shop: Shop, field: str, value: Any) -> None:
    answer = await shop.post({**shop.event(), field: value})
    assert answer.status_code == 422
    assert locations(answer.json()) == [["body", field]]


async def test_timestamp_slightly_ahead_is_accepted(shop: Shop) -> None:
    assert (await shop.post(shop.event(ago=-500))).status_code == 202


@both_databases
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
async def test_body_that_no_database_can_store_is_invalid_and_quarantined(
    shop: Shop, raw: bytes
) -> None:
    whole = json.dumps(shop.event()).encode()
    merged = whole[:-1] + b', "extra": ' + raw + b"}" if raw[:1] in (b"{", b"[") else raw
    for body in (raw, merged):
        assert (await shop.post_raw(body)).status_code in (202, 422)
    assert (await shop.post_raw(raw)).status_code == 422
    assert (await shop.quarantined())[0]["body"] == raw.decode(errors="replace")


@both_databases
@pytest.mark.parametrize("value", ['"\\u0000"', '"\\ud800"', "NaN", "Infinity", "1e999"])
async def test_unstorable_values_in_unknown_fields_are_invalid(shop: Shop, value: str) -> None:
    whole = json.dumps(shop.event())
    raw = whole[:-1] + f', "extra": {{"deep": [{value}]}}}}'
    answer = await shop.post_raw(raw.encode())
    assert answer.status_code == 422
    assert locations(answer.json()) == [["body"]]


@both_databases
async def test_invalid_event_is_quarantined_with_its_errors(shop: Shop) -> None:
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


async def test_a_store_that_posts_rubbish_keeps_its_newest_and_what_was_dropped_is_counted(
    own_caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MAX_EVENTS", 2)
    shop = await own_caller.new_store()
    for number in range(3):
        assert (await shop.post({"n": number})).status_code == 422
    assert [each["body"] for each in await shop.quarantined()] == ['{"n":2}', '{"n":1}']
    metrics = (await own_caller.http.get("/metrics")).text
    assert 'comeback_quarantine_dropped_total{source="event"} 1.0' in metrics


async def test_quarantine_keeps_a_hundred_errors_of_an_event_and_the_answer_has_all(
    shop: Shop,
) -> None:
    event = shop.event()
    event["event_data"]["line_items"] = [1] * 150
    answer = await shop.post(event)
    (kept,) = await shop.quarantined()
    assert len(answer.json()["detail"]) > 100
    assert kept["errors"] == answer.json()["detail"][:100]
