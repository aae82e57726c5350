"""Posting notifications to an API process as Meta does."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Final

import httpx

from benchmarks.processes import BENCHMARK_SECRET, api_variables, run_api
from sandbox.server import HOST
from sandbox.webhook_payloads import signature

MAX_CONCURRENT_POSTS: Final = 20
"""With many more, the client takes the processor from the server that it measures."""


def run_api_without_temporal(database_url: str) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """The API, whose Temporal refuses connections; gives a client for it."""
    return run_api(api_variables(database_url, f"{HOST}:1"))


async def post_all(http: httpx.AsyncClient, bodies: list[bytes], per_second: float) -> list[float]:
    """Post at a rate; gives seconds from when each was due until its answer."""
    began, slots = time.perf_counter(), asyncio.Semaphore(MAX_CONCURRENT_POSTS)

    async def post(number: int, body: bytes) -> float:
        due = began + number / per_second
        await asyncio.sleep(due - time.perf_counter())
        async with slots:
            await post_signed(http, body)
        return time.perf_counter() - due

    return await asyncio.gather(*(post(*each) for each in enumerate(bodies)))


async def post_signed(http: httpx.AsyncClient, body: bytes) -> None:
    """Post one notification.

    Raises:
        httpx.HTTPStatusError: it was not answered with 2xx.
    """
    headers = signature(body, BENCHMARK_SECRET)
    answer = await http.post("/webhooks/whatsapp", content=body, headers=headers)
    answer.raise_for_status()
