"""Events signed as the Standard Webhooks specification says, instead of a key."""

import json
from datetime import datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook

from tests.api.caller import Shop, now


async def signed(
    shop: Shop,
    raw: bytes,
    at: datetime | None = None,
    sent: bytes | None = None,
    changes: dict[str, str] | None = None,
) -> httpx.Response:
    at = at or now()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(shop.signing_secret).sign("msg_1", at, raw.decode()),
    }
    url = f"{shop.path}/events"
    return await shop.caller.http.post(url, content=sent or raw, headers=headers | (changes or {}))


def a_body(shop: Shop) -> bytes:
    return json.dumps(shop.event()).encode()


async def test_well_signed_event_is_accepted(shop: Shop) -> None:
    answer = await signed(shop, a_body(shop))
    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_stale_and_early_signatures_are_refused(shop: Shop, minutes: int) -> None:
    answer = await signed(shop, a_body(shop), now() + timedelta(minutes=minutes))
    assert answer.status_code == 401


async def test_tampered_body_gets_the_same_answer_as_a_missing_key(shop: Shop) -> None:
    raw = a_body(shop)
    tampered = await signed(shop, raw, sent=raw.replace(b"cart_update", b"cart_upDate"))
    without = await shop.caller.http.post(f"{shop.path}/events", content=raw)
    assert tampered.status_code == 401
    assert tampered.content == without.content


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,%%%"),
        ("webhook-signature", "v2,YWJj"),
        ("webhook-signature", "v1,a,b"),
        ("webhook-id", ""),
        ("webhook-id", "msg_2"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "soon"),
    ],
)
async def test_invalid_headers_are_refused(shop: Shop, header: str, value: str) -> None:
    assert (await signed(shop, a_body(shop), changes={header: value})).status_code == 401


async def test_body_that_is_not_text_is_refused(shop: Shop) -> None:
    assert (await signed(shop, b"{}", sent=b"\xff")).status_code == 401


async def test_signed_body_over_64_kib_is_refused_as_too_large(shop: Shop) -> None:
    assert (await signed(shop, a_body(shop).ljust(70_000))).status_code == 413


async def test_signed_invalid_event_is_quarantined(shop: Shop) -> None:
    assert (await signed(shop, b"{}")).status_code == 422
    assert [each["body"] for each in await shop.quarantined()] == ["{}"]
