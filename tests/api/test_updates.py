"""What Meta's updates do: messages settled, people left alone, nothing lost to what is wrong."""

import json

import pytest

from storage.messages import MessageStatus
from tests.api.calling import now
from tests.api.meta_calling import Meta, echo, listed
from tests.whatsapp.webhook_samples import (
    NUMBER,
    change,
    everything,
    named,
    notification,
    text,
)

PHONE, WA_ID = "+919876543210", "919876543210"


def seconds_ago(seconds: int) -> str:
    return str(int(now().timestamp()) - seconds)


async def test_unknown_outcome_is_listed_until_meta_settles_it(meta: Meta) -> None:
    shop = await meta.store("1")
    message_id = await meta.claim(shop)
    assert message_id
    await meta.settle(message_id, status=MessageStatus.UNKNOWN, because="no answer")
    await meta.claim(shop, step=2)

    unknown = await listed(shop, status="unknown")
    assert [each["message_id"] for each in unknown] == [message_id]

    await meta.post("1", statuses=[echo(message_id, "delivered")])
    assert await listed(shop, status="unknown") == []
    (settled,) = await listed(shop, status="delivered")
    assert (settled["provider_id"], settled["because"]) == (f"wamid.{message_id}", None)


async def test_unknown_status_is_refused_as_a_filter(meta: Meta) -> None:
    shop = await meta.store("1")
    assert (await shop.get("messages", params={"status": "lost"})).status_code == 422


async def test_of_a_thousand_updates_a_bad_one_is_lost_alone(meta: Meta) -> None:
    shop = await meta.store("1")
    ids = [await meta.claim(shop, step=step) for step in range(20)]
    updates = [echo(ids[number % 20], "read") for number in range(999)]
    updates.insert(500, {"id": "wamid.bad", "status": "read"})

    await meta.post("1", statuses=updates)

    assert len(await listed(shop, status="read")) == 20
    (bad,) = await shop.quarantined()
    assert json.loads(bad["body"]) == {"id": "wamid.bad", "status": "read"}
    assert bad["errors"][0]["loc"] == ["timestamp"]
    assert await meta.fates("status", "quarantined") == 1
    assert await meta.fates("status", "changed") == 20
    assert await meta.metric('comeback_message_statuses_total{status="read"}') == 20


async def test_same_post_again_changes_nothing(meta: Meta) -> None:
    shop = await meta.store("1")
    updates = [echo(await meta.claim(shop)), echo("0" * 32)]
    await meta.post("1", statuses=updates, messages=[text("STOP", **{"from": WA_ID})])
    before = await listed(shop)
    await meta.post("1", statuses=updates, messages=[text("STOP", **{"from": WA_ID})])
    assert await listed(shop) == before
    assert await meta.fates("status", "changed") == 1
    assert await meta.fates("status", "unchanged") == 1
    assert await meta.fates("message", "unchanged") == 1


async def test_update_reaches_the_store_that_has_the_number(meta: Meta) -> None:
    here, there = await meta.store("1"), await meta.store("2")
    ours, theirs = await meta.claim(here), await meta.claim(there)
    await meta.post("1", statuses=[echo(ours), echo(theirs)], messages=[text("STOP")])
    assert [each["status"] for each in await listed(here)] == ["sent"]
    assert [each["status"] for each in await listed(there)] == ["claimed"]
    assert await meta.fates("status", "unmatched") == 1
    await meta.post("3", statuses=[echo(ours, "read")])
    assert [each["status"] for each in await listed(here)] == ["sent"]
    assert await meta.fates("status", "unroutable") == 1


async def test_everything_that_meta_shows_has_its_effect_and_nothing_is_quarantined(
    meta: Meta,
) -> None:
    shop = await meta.store(NUMBER)
    message_id = await meta.claim(shop, "+919876500001")
    assert message_id
    await meta.settle(message_id, status=MessageStatus.ACCEPTED, provider_id="wamid.1")

    assert (await meta.send(json.dumps(everything()).encode())).status_code == 200
    await meta.processed()

    (entry,) = await listed(shop)
    assert (entry["status"], entry["error_code"]) == ("read", None)
    assert await meta.claim(shop, "+919876500001", step=2)  # stopped thrice, then resumed
    assert await shop.quarantined() == []
    assert await meta.metric("comeback_quarantine_size") == 0
    assert [await meta.fates(kind, "unroutable") for kind in KINDS] == [0] * len(KINDS)
    assert await meta.fates("other", "ignored") > 30


KINDS = ("status", "message", "user_preference", "other", "notification")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("sent_marketing_lite", "sent"),
        ("delivered_to_a_username", "delivered"),
        ("played", "read"),
        ("failed_without_details", "failed"),
        ("batch", "read"),
        ("payment_failed", "accepted"),
        ("payment_captured", "accepted"),
    ],
)
async def test_status_that_meta_shows_is_folded(meta: Meta, name: str, status: str) -> None:
    shop = await meta.store(NUMBER)
    message_id = await meta.claim(shop)
    assert message_id
    await meta.settle(message_id, status=MessageStatus.ACCEPTED, provider_id="wamid.1")

    assert (await meta.send(json.dumps(named(name)).encode())).status_code == 200
    await meta.processed()

    assert [each["status"] for each in await listed(shop)] == [status]


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"[]", b'{"entry": ["x"]}'])
async def test_what_nobody_can_route_is_kept_and_counted(meta: Meta, raw: bytes) -> None:
    assert (await meta.send(raw)).status_code == 200
    await meta.processed()
    assert await meta.metric("comeback_quarantine_size") == 1
    assert await meta.fates("notification", "quarantined") == 1


async def test_odd_characters_harm_nobody(meta: Meta) -> None:
    shop = await meta.store("1")
    error = {"code": 1, "title": "a\x00\ud800b"}
    failed = echo(await meta.claim(shop), "failed", errors=[error])
    odd = [text("STOP", **{"from": "\ud800"}), text("\ud800")]
    await meta.post("1", messages=odd, statuses=[failed])
    (entry,) = await listed(shop)
    assert (entry["status"], entry["because"]) == ("failed", "a?b")
    assert await meta.fates("message", "unmatched") == 1
    assert await meta.metric("comeback_quarantine_size") == 0


async def test_bad_update_is_quarantined_for_each_store_of_its_number(meta: Meta) -> None:
    shops = [await meta.store("1"), await meta.store("1"), await meta.store("2")]
    odd = change(metadata={"phone_number_id": "1"}, messages=[{"text": "\ud800\x00"}])
    await meta.send(json.dumps(notification(odd)).encode())
    await meta.processed()
    assert [len(await shop.quarantined()) for shop in shops] == [1, 1, 0]
