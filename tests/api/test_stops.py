"""Who says stop, in whatever way, gets no message any more."""

import json
from typing import Any

import pytest

from tests.api.calling import now
from tests.api.meta_calling import Meta, echo, listed
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


async def test_number_that_a_store_gave_up_is_not_its_own_any_more(meta: Meta) -> None:
    shop = await meta.store("1")
    moved = {**shop.config, "whatsapp": {"phone_number_id": "2", "access_token": "t"}}
    await shop.operator("PUT", json=moved)
    await meta.post("1", messages=[text("STOP", **{"from": WA_ID})])
    assert await meta.claim(shop)
    await meta.post("2", messages=[text("STOP", **{"from": WA_ID})])
    assert await meta.claim(shop, step=2) is None


async def test_stores_that_share_a_number_are_both_told_to_stop(meta: Meta) -> None:
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
    told = notification(change(metadata={"phone_number_id": "1"}, statuses=[failed]))
    assert (await meta.send(json.dumps(told).encode())).status_code == 200
    assert await meta.claim(shop, step=2) is None


async def test_reply_without_a_number_stops_whom_the_message_went_to(meta: Meta) -> None:
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
async def test_number_is_known_as_whatsapp_writes_it(meta: Meta, phone: str, wa_id: str) -> None:
    shop = await meta.store("1")
    await meta.post("1", messages=[text("STOP", **{"from": wa_id})])
    assert await meta.claim(shop, phone) is None


async def test_other_words_stop_nothing(meta: Meta) -> None:
    shop = await meta.store("1")
    others = [text("don't stop", **{"from": WA_ID}), text("START", **{"from": WA_ID})]
    await meta.post("1", messages=others)
    assert await meta.claim(shop)
    assert await meta.fates("message", "ignored") == 2


async def test_preference_stops_and_resumes_whatever_comes_first(meta: Meta) -> None:
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


async def test_preference_about_something_else_is_passed_over(meta: Meta) -> None:
    shop = await meta.store("1")
    await meta.post("1", user_preferences=[preference("stop", WA_ID, category="calls")])
    await meta.post("1", user_preferences=[preference("maybe", WA_ID)])
    assert await meta.claim(shop)
    assert await meta.fates("user_preference", "ignored") == 2


async def test_failure_because_the_person_stopped_suppresses(meta: Meta) -> None:
    shop, other = await meta.store("1"), await meta.store("1")
    failed = echo(await meta.claim(shop), "failed", errors=[FAILURE])
    await meta.post("1", statuses=[failed])
    (entry,) = await listed(shop)
    assert (entry["status"], entry["error_code"]) == ("failed", 131050)
    assert await meta.claim(shop, step=2) is None
    assert await meta.claim(other)


async def test_operators_word_outlives_a_repeated_stop(meta: Meta) -> None:
    shop = await meta.store("1")
    stop = text("STOP", **{"from": WA_ID})
    await meta.post("1", messages=[stop])
    assert await meta.claim(shop) is None
    await shop.operator("DELETE", f"/suppressions/{PHONE}")
    await meta.post("1", messages=[stop])
    assert await meta.claim(shop)
