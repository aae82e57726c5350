"""Opt-outs that Meta reports: no further message is claimed."""

import json
from typing import Any

import pytest

from tests.api.caller import now
from tests.api.meta_caller import Meta, echo, listed
from tests.databases import both_databases
from tests.whatsapp.webhook_samples import (
    FAILURE,
    change,
    inbound,
    notification,
    preference,
    text,
)

PHONE, WA_ID = "+919876543210", "919876543210"


def seconds_ago(seconds: int) -> str:
    return str(int(now().timestamp()) - seconds)


async def test_stop_counts_for_the_store_that_has_the_number_now(meta: Meta) -> None:
    shop = await meta.store("1")
    moved = {**shop.config, "whatsapp": {"phone_number_id": "2", "access_token": "t"}}
    await shop.operator("PUT", json=moved)
    await meta.post("1", messages=[text("STOP", **{"from": WA_ID})])
    assert await meta.claim(shop)
    await meta.post("2", messages=[text("STOP", **{"from": WA_ID})])
    assert await meta.claim(shop, step=2) is None


@both_databases
async def test_stop_counts_for_every_store_that_shares_the_number(meta: Meta) -> None:
    shops = [await meta.store("1"), await meta.store("1", opt_out_words=["Basta"])]
    await meta.post("1", messages=[text("basta", **{"from": WA_ID})])
    assert await meta.claim(shops[0])
    assert await meta.claim(shops[1]) is None
    await meta.post("1", messages=[text("stop", **{"from": WA_ID})])
    assert await meta.claim(shops[0], step=2) is None


@pytest.mark.parametrize(
    "message",
    [
        text(" Stop!"),
        text("unsubscribe"),
        text("no more."),
        inbound("button", button={"payload": "BYE", "text": "x"}),
        inbound("button", button={"payload": "x", "text": "Stop"}),
        inbound("interactive", interactive={"button_reply": {"id": "BYE", "title": "x"}}),
    ],
)
async def test_after_stop_no_message_is_claimed(meta: Meta, message: dict[str, Any]) -> None:
    shop = await meta.store("1", opt_out_words=["No more", "BYE"])
    assert await meta.claim(shop)
    await meta.post("1", messages=[{**message, "from": WA_ID}])
    assert await meta.claim(shop, step=2) is None
    assert await meta.claim(shop, "+919876500000", step=3)


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [text("STOP", **{"from": WA_ID})]},
        {"user_preferences": [preference("stop", WA_ID)]},
        {"messages": [text("Hi"), 7, text("STOP", **{"from": WA_ID})], "statuses": [{}]},
    ],
)
async def test_after_the_200_of_a_stop_no_message_is_claimed(
    meta: Meta, value: dict[str, Any]
) -> None:
    shop = await meta.store("1")
    stop = notification(change(metadata={"phone_number_id": "1"}, **value))
    assert (await meta.send(json.dumps(stop).encode())).status_code == 200
    assert await meta.claim(shop) is None


async def test_after_the_200_of_a_failure_because_of_a_stop_no_message_is_claimed(
    meta: Meta,
) -> None:
    shop = await meta.store("1")
    failed = echo(await meta.claim(shop), "failed", errors=[FAILURE])
    body = notification(change(metadata={"phone_number_id": "1"}, statuses=[failed]))
    assert (await meta.send(json.dumps(body).encode())).status_code == 200
    assert await meta.claim(shop, step=2) is None


@both_databases
async def test_stop_without_a_number_counts_for_the_receiver_of_the_answered_message(
    meta: Meta,
) -> None:
    shop = await meta.store("1")
    message_id = await meta.claim(shop)
    reply = inbound("button", button={"text": "Stop"}, context={"id": f"wamid.{message_id}"})
    del reply["from"]
    await meta.post("1", statuses=[echo(message_id)])
    await meta.post("1", messages=[reply])
    assert await meta.claim(shop, step=2) is None


@pytest.mark.parametrize(
    ("phone", "wa_id"), [("+525512345678", "5215512345678"), ("+5511987654321", "551187654321")]
)
async def test_number_is_matched_in_whatsapps_form(meta: Meta, phone: str, wa_id: str) -> None:
    shop = await meta.store("1")
    await meta.post("1", messages=[text("STOP", **{"from": wa_id})])
    assert await meta.claim(shop, phone) is None


async def test_other_words_are_ignored(meta: Meta) -> None:
    shop = await meta.store("1")
    others = [text("don't stop", **{"from": WA_ID}), text("START", **{"from": WA_ID})]
    await meta.post("1", messages=others)
    assert await meta.claim(shop)
    assert await meta.results("message", "ignored") == 2


@both_databases
async def test_preference_stops_and_resumes_in_any_order(meta: Meta) -> None:
    shop = await meta.store("1")
    stop = preference("stop", WA_ID, timestamp=seconds_ago(60))
    resume = preference("resume", WA_ID, timestamp=seconds_ago(30))
    await meta.post("1", user_preferences=[stop])
    assert await meta.claim(shop) is None
    await meta.post("1", user_preferences=[resume])
    assert await meta.claim(shop)
    await meta.post("1", user_preferences=[stop])
    assert await meta.claim(shop, step=2)
    await meta.post("1", user_preferences=[{**stop, "timestamp": seconds_ago(10)}])
    assert await meta.claim(shop, step=3) is None


async def test_preference_about_another_category_is_ignored(meta: Meta) -> None:
    shop = await meta.store("1")
    await meta.post("1", user_preferences=[preference("stop", WA_ID, category="calls")])
    await meta.post("1", user_preferences=[preference("maybe", WA_ID)])
    assert await meta.claim(shop)
    assert await meta.results("user_preference", "ignored") == 2


async def test_failure_because_of_an_opt_out_suppresses_the_number(meta: Meta) -> None:
    shop, other = await meta.store("1"), await meta.store("1")
    failed = echo(await meta.claim(shop), "failed", errors=[FAILURE])
    await meta.post("1", statuses=[failed])
    (entry,) = await listed(shop)
    assert (entry["status"], entry["error_code"]) == ("failed", 131050)
    assert await meta.claim(shop, step=2) is None
    assert await meta.claim(other)


async def test_repeated_stop_does_not_undo_the_operators_unsuppression(meta: Meta) -> None:
    shop = await meta.store("1")
    stop = text("STOP", **{"from": WA_ID})
    await meta.post("1", messages=[stop])
    assert await meta.claim(shop) is None
    await shop.operator("DELETE", f"/suppressions/{PHONE}")
    await meta.post("1", messages=[stop])
    assert await meta.claim(shop)
