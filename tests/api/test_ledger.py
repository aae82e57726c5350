"""Messages page by page, and statistics of a period."""

from datetime import UTC, datetime, timedelta

import pytest

from api import journeys
from storage import messages
from storage.messages import MessageKey
from tests.api.caller import Shop, now
from tests.databases import both_databases
from tests.storage.builders import DETAILS


async def claim(shop: Shop, number: int, at: datetime) -> str:
    key = MessageKey(shop.store_id, shop.customer_id, f"e{number}", 1)
    async with shop.database.transaction() as connection:
        return await messages.claim(connection, key, DETAILS, at)


@both_databases
async def test_each_message_is_on_one_page(shop: Shop) -> None:
    at = now() - timedelta(hours=1)
    count = journeys.PAGE_SIZE + 5
    claimed = {
        await claim(shop, number, at + timedelta(seconds=number // 3)) for number in range(count)
    }
    first = (await shop.get("messages")).json()
    second = (await shop.get("messages", params={"cursor": first["next_cursor"]})).json()
    listed = [each["message_id"] for each in first["messages"] + second["messages"]]
    assert (len(first["messages"]), len(listed)) == (journeys.PAGE_SIZE, count)
    assert set(listed) == claimed
    assert second["next_cursor"] is None


async def test_full_last_page_has_no_cursor(shop: Shop) -> None:
    for number in range(journeys.PAGE_SIZE):
        await claim(shop, number, now())
    assert (await shop.get("messages")).json()["next_cursor"] is None


@both_databases
async def test_period_is_the_last_seven_days_by_default(shop: Shop) -> None:
    old = await claim(shop, 1, now() - timedelta(days=8))
    new = await claim(shop, 2, now() - timedelta(days=6))
    recent = (await shop.get("messages")).json()["messages"]
    assert [each["message_id"] for each in recent] == [new]
    period = {
        "from": (now() - timedelta(days=9)).isoformat(),
        "to": (now() - timedelta(days=7)).isoformat(),
    }
    earlier = (await shop.get("messages", params=period)).json()["messages"]
    assert [each["message_id"] for each in earlier] == [old]
    steps = (await shop.get("stats", params=period)).json()["plans"]["cart_update"]["steps"]
    assert steps == {"1": {"claimed": 1}}


async def test_plus_that_is_not_escaped_is_understood(shop: Shop) -> None:
    answer = await shop.get("stats?from=2024-10-08T06:30:35+05:30&to=2024-10-09T00:00:00Z")
    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["from"]) == datetime(
        2024, 10, 8, 1, 0, 35, tzinfo=UTC
    )


async def test_period_may_begin_at_the_earliest_time(shop: Shop) -> None:
    answer = await shop.get("stats", params={"to": "0001-01-02T00:00:00Z"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "yesterday"),
        ("from", "2024-10-08T06:30:35"),
        ("to", "1728369035"),
        ("cursor", "x"),
        ("cursor", "AAAA"),
        ("cursor", "MjAyNC0xMC0wOFQwNjozMDozNSBh"),
        ("cursor", "\u00e4"),
    ],
)
async def test_invalid_time_or_cursor_is_refused(shop: Shop, name: str, value: str) -> None:
    answer = await shop.get("messages", params={name: value})
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["query", name]]
