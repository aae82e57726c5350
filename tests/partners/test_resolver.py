"""Resolving the hosts of stores."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from partners.resolver import system_resolver


async def test_a_host_is_resolved_to_its_addresses() -> None:
    async with system_resolver() as resolve:
        assert await resolve("127.0.0.1", 443) == ["127.0.0.1"]


async def test_a_name_without_an_address_is_an_error() -> None:
    async with system_resolver() as resolve:
        with pytest.raises(OSError, match=r"."):
            await resolve("nothing.invalid", 443)


async def test_name_servers_that_do_not_answer_hold_up_no_other_work_of_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer, asked = threading.Event(), threading.Semaphore(0)

    def slow(*_how: Any, **_flags: Any) -> list[Any]:
        asked.release()
        answer.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    async with system_resolver(threads=2) as resolve:
        calls = [asyncio.ensure_future(resolve(f"{n}.example", 443)) for n in range(100)]
        try:
            for _ in range(2):
                await asyncio.to_thread(asked.acquire)
            assert await asyncio.to_thread(lambda: "done") == "done"
            assert not any(call.done() for call in calls)
        finally:
            answer.set()
        assert await asyncio.gather(*calls) == [[]] * 100
