"""Slow bodies and connections, counted by who is behind them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from api.server.limits import ConnectionLimits
from tests.api.caller import Shop, now
from tests.api.server.serving import Raw, Served, connected, head, served
from tests.databases import copy_of

SLOW_SENDERS = 40
"""More than bodies of one peer are read before they are verified."""


@pytest.fixture
async def api(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(copy_of(migrated_sqlite, tmp_path)) as running:
        yield running


def signature_fields(shop: Shop, raw: str) -> dict[str, str]:
    at = now()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(shop.signing_secret).sign("msg_1", at, raw),
    }


async def test_slow_signed_bodies_give_way_and_signed_events_are_accepted(api: Served) -> None:
    shop = await api.caller.new_store()
    forged = ["webhook-id: m", f"webhook-timestamp: {int(time.time())}"]
    forged.append(f"webhook-signature: v1,{'A' * 43}=")
    half = head(f"{shop.path}/events", *forged, "Content-Length: 100") + b"{"
    async with AsyncExitStack() as stack:
        slow: list[Raw] = []
        for _ in range(SLOW_SENDERS):
            raw = await stack.enter_async_context(connected(api.port))
            await raw.send(half)
            slow.append(raw)
        answer = await signed(shop)
        statuses = await asyncio.gather(*(raw.status() for raw in slow))
    assert answer.status_code == 202
    assert statuses == [408] * SLOW_SENDERS


async def signed(shop: Shop) -> httpx.Response:
    raw = json.dumps(shop.event())
    fields = signature_fields(shop, raw)
    return await shop.caller.http.post(f"{shop.path}/events", content=raw, headers=fields)


async def test_a_trusted_proxy_has_no_limit_of_a_peer(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    limits = ConnectionLimits(of_a_peer=2)
    url = copy_of(migrated_sqlite, tmp_path)
    async with (
        served(url, limits, trusted_proxies="127.0.0.1") as api,
        AsyncExitStack() as stack,
    ):
        raws = [await stack.enter_async_context(connected(api.port)) for _ in range(6)]
        for raw in raws:
            await raw.send(head("/health/live", method="GET"))
        assert [await raw.status() for raw in raws] == [200] * 6
