"""Meta's updates: statuses of messages, and updates that are invalid or unroutable."""

import json

import pytest

from storage.messages import MessageStatus
from tests.api.meta_caller import Meta, echo, listed, until
from tests.databases import both_databases
from tests.whatsapp.webhook_samples import (
    NUMBER,
    change,
    everything,
    named,
    notification,
    text,
)

WA_ID = "919876543210"


@both_databases
async def test_message_is_listed_as_unknown_until_meta_reports_its_status(meta: Meta) -> None:
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


async def test_notification_is_processed_in_the_background(meta: Meta) -> None:
    shop = await meta.store("1")
    sent = echo(await meta.claim(shop))
    body = notification(change(metadata={"phone_number_id": "1"}, statuses=[sent]))
    assert (await meta.send(json.dumps(body).encode())).status_code == 200

    async def is_sent() -> bool:
        return [each["status"] for each in await listed(shop)] == ["sent"]

    await until(is_sent)


async def test_unknown_status_is_refused_as_a_filter(meta: Meta) -> None:
    shop = await meta.store("1")
    assert (await shop.get("messages", params={"status": "lost"})).status_code == 422


@both_databases
async def test_of_a_thousand_updates_only_the_invalid_one_is_quarantined(meta: Meta) -> None:
    shop = await meta.store("1")
    ids = [await meta.claim(shop, step=step) for step in range(20)]
    updates = [echo(ids[number % 20], "read") for number in range(999)]
    updates.insert(500, {"id": "wamid.bad", "status": "read"})

    await meta.post("1", statuses=updates)

    assert len(await listed(shop, status="read")) == 20
    (bad,) = await shop.quarantined()
    assert json.loads(bad["body"]) == {"id": "wamid.bad", "status": "read"}
    assert bad["errors"][0]["loc"] == ["timestamp"]
    assert await meta.results("status", "quarantined") == 1
    assert await meta.results("status", "changed") == 20
    assert await meta.metric('comeback_message_statuses_total{status="read"}') == 20


@both_databases
async def test_repeated_notification_changes_nothing(meta: Meta) -> None:
    shop = await meta.store("1")
    updates = [echo(await meta.claim(shop)), echo("0" * 32)]
    await meta.post("1", statuses=updates, messages=[text("STOP", **{"from": WA_ID})])
    before = await listed(shop)
    await meta.post("1", statuses=updates, messages=[text("STOP", **{"from": WA_ID})])
    assert await listed(shop) == before
    assert await meta.results("status", "changed") == 1
    assert await meta.results("status", "unchanged") == 1
    assert await meta.results("message", "unchanged") == 1


@both_databases
async def test_update_reaches_the_store_that_has_the_number(meta: Meta) -> None:
    here, there = await meta.store("1"), await meta.store("2")
    ours, theirs = await meta.claim(here), await meta.claim(there)
    await meta.post("1", statuses=[echo(ours), echo(theirs)], messages=[text("STOP")])
    assert [each["status"] for each in await listed(here)] == ["sent"]
    assert [each["status"] for each in await listed(there)] == ["claimed"]
    assert await meta.results("status", "unmatched") == 1
    await meta.post("3", statuses=[echo(ours, "read")])
    assert [each["status"] for each in await listed(here)] == ["sent"]
    assert await meta.results("status", "unroutable") == 1


async def test_every_sample_of_meta_is_applied_and_none_is_quarantined(
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
    assert await meta.claim(shop, "+919876500001", step=2)  # stopped three times, then resumed
    assert await shop.quarantined() == []
    assert await meta.metric("comeback_quarantine_size") == 0
    assert [await meta.results(kind, "unroutable") for kind in KINDS] == [0] * len(KINDS)
    assert await meta.results("other", "ignored") > 25
    assert await meta.results("template", "unmatched") > 5


KINDS = ("status", "message", "user_preference", "template", "other", "notification")


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
async def test_status_sample_of_meta_is_applied(meta: Meta, name: str, status: str) -> None:
    shop = await meta.store(NUMBER)
    message_id = await meta.claim(shop)
    assert message_id
    await meta.settle(message_id, status=MessageStatus.ACCEPTED, provider_id="wamid.1")

    assert (await meta.send(json.dumps(named(name)).encode())).status_code == 200
    await meta.processed()

    assert [each["status"] for each in await listed(shop)] == [status]


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"[]", b'{"entry": ["x"]}'])
async def test_unreadable_notification_is_quarantined_and_counted(meta: Meta, raw: bytes) -> None:
    assert (await meta.send(raw)).status_code == 200
    await meta.processed()
    assert await meta.metric("comeback_quarantine_size") == 1
    assert await meta.results("notification", "quarantined") == 1


@both_databases
async def test_nul_and_surrogates_are_replaced(meta: Meta) -> None:
    shop = await meta.store("1")
    error = {"code": 1, "title": "a\x00\ud800b"}
    failed = echo(await meta.claim(shop), "failed", errors=[error])
    odd = [text("STOP", **{"from": "\ud800"}), text("\ud800")]
    await meta.post("1", messages=odd, statuses=[failed])
    (entry,) = await listed(shop)
    assert (entry["status"], entry["because"]) == ("failed", "a?b")
    assert await meta.results("message", "quarantined") == 1
    assert [each["errors"][0]["type"] for each in await shop.quarantined()] == ["unknown_person"]


async def test_invalid_update_is_quarantined_for_each_store_of_its_number(meta: Meta) -> None:
    shops = [await meta.store("1"), await meta.store("1"), await meta.store("2")]
    odd = change(metadata={"phone_number_id": "1"}, messages=[{"text": "\ud800\x00"}])
    await meta.send(json.dumps(notification(odd)).encode())
    await meta.processed()
    assert [len(await shop.quarantined()) for shop in shops] == [1, 1, 0]
