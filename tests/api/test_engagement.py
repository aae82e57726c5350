"""What people do with messages, as Meta posts it: read, replied, clicked."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from storage.result_tables import link_clicks
from storage.tables import messages as ledger
from tests.api.caller import Shop
from tests.api.meta_caller import Meta, echo
from tests.databases import both_databases
from tests.whatsapp.webhook_samples import AT, inbound, text

WHEN = datetime.fromtimestamp(int(AT), UTC)
CLICK = {
    "action_type": "marketing_messages_link_click",
    "timestamp": AT,
    "marketing_messages_link_click_data": {"click_id": "c1", "click_component": "cta"},
}


async def entry(shop: Shop) -> dict[str, Any]:
    query = select(ledger).where(ledger.c.store_id == shop.store_id)
    async with shop.database.reading() as connection:
        return dict((await connection.execute(query)).mappings().one())


async def clicks(shop: Shop) -> list[tuple[str, str, str | None, datetime]]:
    query = select(link_clicks).order_by(link_clicks.c.store_id, link_clicks.c.click_id)
    async with shop.database.reading() as connection:
        rows = (await connection.execute(query)).mappings()
        return [
            (row["store_id"], row["click_id"], row["component"], row["clicked_at"]) for row in rows
        ]


async def sent(meta: Meta) -> tuple[Shop, str]:
    """A message whose number and `wamid` Meta told of."""
    shop = await meta.store("1")
    message_id = await meta.claim(shop)
    assert message_id
    await meta.post("1", statuses=[echo(message_id)])
    return shop, message_id


@both_databases
async def test_times_of_delivery_and_reading_are_metas_in_any_order(meta: Meta) -> None:
    shop, message_id = await sent(meta)
    assert (await entry(shop))["delivered_at"] is None
    await meta.post("1", statuses=[echo(message_id, "read", timestamp=str(int(AT) + 9))])
    await meta.post("1", statuses=[echo(message_id, "delivered")])
    kept = await entry(shop)
    assert kept["delivered_at"] == WHEN
    assert kept["read_at"] == datetime.fromtimestamp(int(AT) + 9, UTC)


@both_databases
async def test_the_earliest_reply_to_a_message_counts(meta: Meta) -> None:
    shop, message_id = await sent(meta)
    context = {"id": f"wamid.{message_id}"}
    late = text("Is it in stock?", context=context, timestamp=str(int(AT) + 60))
    early = inbound("button", button={"text": "Tell me more"}, context=context)
    for message in (late, early, late):
        await meta.post("1", messages=[message])
    assert (await entry(shop))["replied_at"] == WHEN
    assert await meta.results("message", "changed") == 2
    assert await meta.results("message", "ignored") == 1


@both_databases
async def test_stop_is_a_reply_too(meta: Meta) -> None:
    shop, message_id = await sent(meta)
    stop = inbound("button", button={"text": "Stop"}, context={"id": f"wamid.{message_id}"})
    await meta.post("1", messages=[stop])
    assert (await entry(shop))["replied_at"] == WHEN
    assert await meta.claim(shop, step=2) is None


async def test_what_answers_no_message_of_the_store_is_no_reply(meta: Meta) -> None:
    shop, message_id = await sent(meta)
    await meta.store("2")
    await meta.post("2", messages=[text("Hi", context={"id": f"wamid.{message_id}"})])
    await meta.post("1", messages=[text("Hi", context={"id": "wamid.other"}), text("Hi")])
    assert (await entry(shop))["replied_at"] is None


@both_databases
async def test_a_click_is_kept_once_for_every_store_of_the_number(meta: Meta) -> None:
    shops = [await meta.store("1"), await meta.store("1")]
    await meta.post("1", user_actions=[CLICK])
    await meta.post("1", user_actions=[CLICK])
    assert await clicks(shops[0]) == [
        (store_id, "c1", "cta", WHEN) for store_id in sorted(each.store_id for each in shops)
    ]
    assert [await meta.results("click", each) for each in ("changed", "unchanged")] == [1, 1]


async def test_another_action_is_ignored_and_none_of_them_quarantined(meta: Meta) -> None:
    shop = await meta.store("1")
    view = {**CLICK, "action_type": "landing_page_view"}
    await meta.post("1", user_actions=[view, {**CLICK, "action_type": "of_tomorrow"}])
    assert await clicks(shop) == []
    assert await meta.results("click", "ignored") == 2
    assert await shop.quarantined() == []


async def test_a_click_of_an_unknown_number_waits_for_its_store(meta: Meta) -> None:
    await meta.post("7", user_actions=[CLICK])
    shop = await meta.store("7")
    (row,) = (await meta.caller.operator("GET", "/v1/quarantine")).json()["quarantine"]
    assert row["source"] == "click"
    answer = await meta.caller.operator("POST", f"/v1/quarantine/{row['id']}/retry")
    assert answer.status_code == 200, answer.text
    assert [each[:2] for each in await clicks(shop)] == [(shop.store_id, "c1")]
