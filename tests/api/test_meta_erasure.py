"""Erasing a customer from Meta's updates, where the number has no plus and may have no store."""

import json
from typing import Any

from storage import webhooks
from storage.database import Database
from storage.messages import MessageStatus
from tests.api.caller import Shop, now
from tests.api.customer_requests import erased, erasure, exported
from tests.api.meta_caller import Meta, listed
from tests.databases import both_databases
from tests.whatsapp.webhook_samples import change, notification, status, text

PHONE, WA_ID, OTHER = "+919876543210", "919876543210", "919876500000"
WAMID = "wamid.HBgMOTE5ODc2NTQzMjEwFQIAERgS"
"""As Meta makes them: in base64 the number can be read."""


async def bodies(meta: Meta, **query: str) -> list[str]:
    """What is in quarantine, oldest first."""
    rows = (await meta.caller.operator("GET", "/v1/quarantine", params=query)).json()["quarantine"]
    whole = [await meta.caller.operator("GET", f"/v1/quarantine/{row['id']}") for row in rows]
    return [answer.json()["body"] for answer in reversed(whole)]


async def known_customer(meta: Meta, number: str = "1") -> Shop:
    """A customer whose number is known by an event."""
    shop = await meta.store(number)
    assert (await shop.post()).status_code == 202
    return shop


async def test_unreadable_updates_about_the_customer_are_emptied_for_every_store(
    meta: Meta,
) -> None:
    shop = await known_customer(meta)
    wrong = [{"recipient_id": WA_ID, "id": 7}, {"recipient_id": OTHER, "id": 7}]
    await meta.post("1", statuses=wrong)
    await meta.post("2", statuses=wrong, messages=[text("Hi", **{"from": WA_ID})])
    assert len((await exported(shop))["quarantined"]) == 3
    assert await erased(shop) == erasure(shop, events=1, quarantined=3)
    left = [body for body in await bodies(meta) if body]
    assert [json.loads(body)["recipient_id"] for body in left] == [OTHER, OTHER]


@both_databases
async def test_number_is_found_by_its_hash_after_the_events_are_erased(meta: Meta) -> None:
    shop = await known_customer(meta)
    await erased(shop)
    await meta.post("2", messages=[text("Hi", **{"from": WA_ID})])
    assert WA_ID in (await bodies(meta))[0]
    assert (await erased(shop))["quarantined"] == 1
    assert await bodies(meta) == [""]


@both_databases
async def test_a_waiting_notification_is_processed_and_deleted(
    meta: Meta,
) -> None:
    shop = await known_customer(meta)
    metadata = {"phone_number_id": "1"}
    stop, hello = text("STOP", **{"from": WA_ID}), text("Hi", **{"from": OTHER})
    body = notification(change(metadata=metadata, messages=[stop, hello]))
    await keep_leased(meta.caller.database, body)
    assert (await exported(shop))["waiting"] == [stop]
    await erased(shop)
    async with meta.caller.database.reading() as connection:
        assert await webhooks.oldest(connection) is None
    assert await meta.claim(shop) is None


async def keep_leased(database: Database, body: dict[str, Any]) -> None:
    """Store a notification that another process holds a lease on."""
    async with database.transaction() as connection:
        until = now().replace(year=now().year + 1)
        await webhooks.add(connection, json.dumps(body).encode(), now(), until)


async def test_an_unreadable_notification_is_not_exported_to_one_of_its_people(meta: Meta) -> None:
    shop = await known_customer(meta)
    await meta.send(f"{WA_ID} {OTHER}".encode())
    await meta.processed()
    (row,) = (await exported(shop))["quarantined"]
    assert row["body"] is None
    assert (await erased(shop))["quarantined"] == 1


@both_databases
async def test_metas_message_ids_are_erased_and_stay_erased(meta: Meta) -> None:
    shop = await known_customer(meta)
    message_id = await meta.claim(shop)
    assert message_id
    await meta.settle(message_id, status=MessageStatus.ACCEPTED, provider_id=WAMID)
    await meta.post("2", messages=[{"id": WAMID, "type": "unknown"}])
    assert await erased(shop) == erasure(shop, events=1, messages=1, quarantined=1)
    await meta.post("1", statuses=[status("read", WAMID, biz_opaque_callback_data=message_id)])
    (entry,) = await listed(shop)
    assert (entry["status"], entry["provider_id"]) == ("read", "erased")
    assert WAMID not in str(await exported(shop))
    assert (await erased(shop))["messages"] == 0


@both_databases
async def test_suppressions_are_exported_as_in_force_or_lifted(meta: Meta) -> None:
    shop = await known_customer(meta)
    path = f"/suppressions/{PHONE}"
    assert (await exported(shop))["suppressions"] == []
    await shop.operator("PUT", path)
    (standing,) = (await exported(shop))["suppressions"]
    assert (standing["suppressed"], standing["because"]) == (True, "operator")
    assert (standing["since"] is None, standing["lifted_at"]) == (False, None)
    await shop.operator("DELETE", path)
    (lifted,) = (await exported(shop))["suppressions"]
    assert (lifted["suppressed"], lifted["because"]) == (False, "operator")
    assert lifted["since"] == standing["since"] < lifted["lifted_at"]
    await erased(shop)
    assert (await exported(shop))["suppressions"] == [lifted]


async def test_a_number_that_was_never_suppressed_is_shown_as_not_suppressed(meta: Meta) -> None:
    shop = await known_customer(meta)
    await shop.operator("DELETE", f"/suppressions/{PHONE}")
    (row,) = (await exported(shop))["suppressions"]
    assert (row["suppressed"], row["because"], row["since"]) == (False, None, None)
