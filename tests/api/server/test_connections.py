"""Connections that send too little, too slowly or too much are closed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.server.limits import ConnectionLimits
from tests.api.caller import bearer
from tests.api.server.serving import Raw, Served, connected, head, served
from tests.databases import copy_of

SHORT = timedelta(seconds=0.3)
QUICK = ConnectionLimits(
    head=SHORT, idle=timedelta(seconds=1), request=timedelta(seconds=20), linger=SHORT
)
LIVE = head("/health/live", method="GET")
KEYLESS = "/v1/stores/unknown/events"


@pytest.fixture(scope="module")
async def api(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    url = copy_of(migrated_sqlite, tmp_path_factory.mktemp("connections"))
    async with served(url, QUICK) as running:
        yield running


async def drip(raw: Raw, data: bytes, pause: float = 0.05) -> None:
    """Send byte by byte until the task is cancelled or all is sent."""
    for byte in data:
        await raw.send(bytes([byte]))
        await asyncio.sleep(pause)


@pytest.mark.parametrize("sent", [b"", b"G", b"POST /v1/stores/s/events HTTP/1.1\r\nHost: a\r\n"])
async def test_a_head_that_is_not_there_in_time_ends_the_connection(
    api: Served, sent: bytes
) -> None:
    async with connected(api.port) as raw:
        await raw.send(sent)
        assert await raw.is_closed()


async def test_a_head_that_comes_byte_by_byte_ends_the_connection(api: Served) -> None:
    async with connected(api.port) as raw:
        dripping = asyncio.create_task(drip(raw, head("/health/live", "X: " + "y" * 1000)))
        assert await raw.is_closed()
        dripping.cancel()


async def test_a_second_head_has_no_more_time_than_the_first(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(LIVE)
        assert await raw.status() == 200
        dripping = asyncio.create_task(drip(raw, head("/health/live", "X: " + "y" * 1000)))
        assert await raw.is_closed()
        dripping.cancel()


async def test_an_endless_head_is_refused(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(head("/health/live", f"X: {'y' * 17_000}", method="GET")[:-4])
        assert (await raw.rest()).startswith(b"HTTP/1.1 400 ")


async def test_what_is_no_http_is_refused(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
        assert (await raw.rest()).startswith(b"HTTP/1.1 400 ")


async def test_a_body_with_two_lengths_is_refused_and_ends_the_connection(api: Served) -> None:
    async with connected(api.port) as raw:
        lengths = ("Content-Length: 5", "Transfer-Encoding: chunked")
        await raw.send(head(KEYLESS, *lengths) + b"0\r\n\r\n" + LIVE)
        answer = await raw.rest()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1") == 1


async def test_an_idle_connection_is_closed(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(LIVE)
        assert await raw.status() == 200
        assert await raw.is_closed()


async def test_pipelined_requests_are_answered_in_order(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(LIVE + head("/nowhere", method="GET") + LIVE + b"GET /half")
        assert [await raw.status() for _ in range(3)] == [200, 404, 200]
        assert await raw.is_closed()


async def test_an_authenticated_body_that_stops_is_answered_408_and_closed(api: Served) -> None:
    shop = await api.caller.new_store()
    key = f"Authorization: Bearer {shop.key}"
    async with connected(api.port) as short, connected(api.port) as endless:
        await short.send(head(f"{shop.path}/events", key, "Content-Length: 1000") + b"{")
        await endless.send(head(f"{shop.path}/events", key, "Transfer-Encoding: chunked"))
        await endless.send(b"3\r\n{  \r\n")
        for raw in (short, endless):
            assert await raw.status() == 408
            assert await raw.is_closed()


@pytest.mark.parametrize(
    "fields",
    [
        ["Content-Length: 60000"],
        ["Content-Length: 60000", "Expect: 100-continue"],
        ["Transfer-Encoding: chunked"],
        ["Content-Length: 60000", "Connection: close"],
        ["Content-Length: 60000", "Authorization: Bearer ck_no_key"],
        ["Content-Length: 60000", "webhook-signature: v1,x"],
    ],
)
async def test_a_sender_that_proves_nothing_is_refused_before_its_body(
    api: Served, fields: list[str]
) -> None:
    async with connected(api.port) as raw:
        await raw.send(head(KEYLESS, *fields))
        assert await raw.status() == 401
        assert await raw.is_closed()


async def test_notification_without_a_signature_is_refused_before_its_body(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    secrets: dict[str, Any] = {"meta_app_secret": "s", "meta_verify_token": "t"}
    async with (
        served(copy_of(migrated_sqlite, tmp_path), **secrets) as api,
        connected(api.port) as raw,
    ):
        await raw.send(head("/webhooks/whatsapp", "Content-Length: 100"))
        assert await raw.status() == 401


async def test_operators_call_without_the_token_is_refused_before_its_body(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(head("/v1/stores/s", "Content-Length: 100", method="PUT"))
        assert await raw.status() == 401


async def test_body_that_says_it_is_too_large_is_refused_before_it_is_read(api: Served) -> None:
    shop = await api.caller.new_store()
    async with connected(api.port) as raw:
        key = f"Authorization: Bearer {shop.key}"
        await raw.send(head(f"{shop.path}/events", key, "Content-Length: 70000"))
        assert await raw.status() == 413


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
async def test_an_answer_before_the_end_of_the_body_arrives_while_the_sender_writes(
    api: Served, connection: str
) -> None:
    fields = (f"Connection: {connection}", "Content-Length: 500000")
    async with connected(api.port) as raw:
        await raw.send(head(KEYLESS, *fields) + b" " * 500_000)
        assert await raw.status() == 401


async def test_an_endless_body_after_the_answer_ends_the_connection(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(head(KEYLESS, "Transfer-Encoding: chunked"))
        assert await raw.status() == 401
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"

        async def flood() -> None:
            while True:
                await raw.send(chunk)
                await asyncio.sleep(0)

        flooding = asyncio.create_task(flood())
        assert await raw.is_closed()
        flooding.cancel()


async def test_a_dripping_body_after_the_answer_ends_the_connection(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(head(KEYLESS, "Content-Length: 60000"))
        assert await raw.status() == 401
        dripping = asyncio.create_task(drip(raw, b" " * 1000))
        assert await raw.is_closed()
        dripping.cancel()


async def test_the_next_request_follows_a_refused_one_on_the_same_connection(api: Served) -> None:
    async with connected(api.port) as raw:
        await raw.send(head(KEYLESS, "Content-Length: 5") + b"hello" + LIVE)
        assert [await raw.status(), await raw.status()] == [401, 200]


async def test_connections_of_a_peer_beyond_its_limit_push_out_the_silent_ones(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    limits = ConnectionLimits(of_a_peer=3)
    async with served(copy_of(migrated_sqlite, tmp_path), limits) as api:
        shop = await api.caller.new_store()  # its connection is authenticated, and stays
        async with connected(api.port) as first, connected(api.port), connected(api.port) as last:
            assert await first.is_closed()
            await last.send(LIVE)
            assert await last.status() == 200
            assert (await api.caller.http.get(shop.path, headers=bearer("no"))).status_code == 401


async def test_connections_with_open_requests_are_not_pushed_out(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    limits = ConnectionLimits(of_a_peer=2)
    async with served(copy_of(migrated_sqlite, tmp_path), limits) as api:
        shop = await api.caller.new_store()
        await api.caller.http.aclose()
        key = f"Authorization: Bearer {shop.key}"
        half = head(f"{shop.path}/events", key, "Content-Length: 2", "Expect: 100-continue")
        async with connected(api.port) as one, connected(api.port) as other:
            for raw in (one, other):
                await raw.send(half)
                assert await raw.status() == 100
            async with connected(api.port) as third:
                assert await third.is_closed()
            await one.send(b"{}")
            assert await one.status() == 422
