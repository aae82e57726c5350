"""Events signed as the Standard Webhooks specification says, instead of a key."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook

from tests.api.caller import Caller, Shop, now
from tests.databases import both_databases


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


async def signed_by(shop: Shop, secret: str) -> httpx.Response:
    return await signed(replace(shop, signing_secret=secret), a_body(shop))


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


@both_databases
async def test_secrets_overlap_until_one_is_ended(shop: Shop) -> None:
    first = shop.made["signing_secret_id"]
    made = await shop.operator("POST", "/signing-secrets")
    assert made.status_code == 201
    assert set(made.json()) == {"signing_secret_id", "signing_secret"}
    second = made.json()["signing_secret"]
    both = (shop.signing_secret, second)
    assert [(await signed_by(shop, each)).status_code for each in both] == [*[202, 202]]

    ended = await shop.operator("DELETE", f"/signing-secrets/{first}")

    assert (ended.status_code, ended.content) == (204, b"")
    assert [(await signed_by(shop, each)).status_code for each in both] == [*[401, 202]]
    listed = (await shop.operator("GET")).json()["signing_secrets"]
    assert [each["signing_secret_id"] for each in listed] == [made.json()["signing_secret_id"]]
    assert all(set(each) == {"signing_secret_id", "created_at"} for each in listed)


@both_databases
async def test_store_without_live_keys_and_secrets_hears_nothing(shop: Shop) -> None:
    await shop.operator("DELETE", f"/keys/{shop.made['key_id']}")
    await shop.operator("DELETE", f"/signing-secrets/{shop.made['signing_secret_id']}")
    assert (await signed(shop, a_body(shop))).status_code == 401
    assert (await shop.post()).status_code == 401


async def test_secret_of_another_store_signs_and_ends_nothing(caller: Caller, shop: Shop) -> None:
    other = await caller.new_store()
    assert (await signed_by(shop, other.signing_secret)).status_code == 401
    path = f"/signing-secrets/{shop.made['signing_secret_id']}"
    assert (await other.operator("DELETE", path)).status_code == 404
    assert (await signed(shop, a_body(shop))).status_code == 202


@pytest.mark.parametrize(("path", "limit"), [("/keys", 20), ("/signing-secrets", 10)])
async def test_number_of_live_credentials_is_limited(shop: Shop, path: str, limit: int) -> None:
    answers = [await shop.operator("POST", path) for _ in range(limit)]
    assert [answer.status_code for answer in answers] == [*[201] * (limit - 1), 409]
    assert answers[-1].json()["detail"].startswith(f"the store has {limit} ")
