"""Posting notifications to an API process as Meta does."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import httpx

from benchmarks.databases import BenchmarkDatabase
from benchmarks.measure.meter import Meter, ProcessTrees, database_parts
from benchmarks.processes import BENCHMARK_SECRET, api_variables, run_api_process
from sandbox.server import HOST
from sandbox.webhook_payloads import signature

MAX_CONCURRENT_POSTS: Final = 20
"""With many more, the client takes the processor from the server that it measures."""


@asynccontextmanager
async def run_api_without_temporal(
    database: BenchmarkDatabase,
) -> AsyncIterator[tuple[httpx.AsyncClient, Meter]]:
    """The API, whose Temporal refuses connections: a client for it, and a meter beside it."""
    async with run_api_process(api_variables(database.url, f"{HOST}:1")) as api:
        parts = {"API": ProcessTrees([api.pid]), **database_parts(database.url)}
        yield api.http, Meter(parts)


async def post_all(
    http: httpx.AsyncClient, bodies: Sequence[bytes], per_second: float
) -> list[float]:
    """Post at a rate; gives seconds from when each was due until its answer."""
    calls = [partial(post_signed, http, body) for body in bodies]
    return await call_all(calls, per_second)


async def get_all(http: httpx.AsyncClient, count: int, per_second: float) -> list[float]:
    """Ask whether the API lives, which costs it nothing but the answer; as `post_all`."""
    return await call_all([partial(_get, http)] * count, per_second)


async def _get(http: httpx.AsyncClient) -> None:
    (await http.get("/health/live")).raise_for_status()


async def call_all(
    calls: Sequence[Callable[[], Awaitable[None]]], per_second: float
) -> list[float]:
    """Call at a rate; gives seconds from when each was due until it returned."""
    began, slots = time.perf_counter(), asyncio.Semaphore(MAX_CONCURRENT_POSTS)

    async def call(number: int, each: Callable[[], Awaitable[None]]) -> float:
        due = began + number / per_second
        await asyncio.sleep(due - time.perf_counter())
        async with slots:
            await each()
        return time.perf_counter() - due

    return await asyncio.gather(*(call(*each) for each in enumerate(calls)))


async def post_signed(http: httpx.AsyncClient, body: bytes) -> None:
    """Post one notification.

    Raises:
        httpx.HTTPStatusError: it was not answered with 2xx.
    """
    headers = signature(body, BENCHMARK_SECRET)
    answer = await http.post("/webhooks/whatsapp", content=body, headers=headers)
    answer.raise_for_status()
