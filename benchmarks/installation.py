"""The whole product as processes of its own, each of which can be metered."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.databases import BenchmarkDatabase
from benchmarks.measure.meter import Meter, ProcessTrees, database_parts
from benchmarks.measure.processor_time import ProcessorTime
from benchmarks.processes import (
    BENCHMARK_SECRET,
    HttpProcess,
    api_variables,
    run_api_process,
    run_sandbox_process,
    run_worker,
)
from benchmarks.readiness import wait_until_polling, wait_until_ready
from benchmarks.temporal_process import TemporalProcess, run_temporal
from sandbox.samples import sample

EXIT_API: Final = "/partner/fetch-user-events"
MAX_RATE: Final = 10_000
"""Events a second: as many as a store's `rate` may be, so that it limits nothing."""


@dataclass(frozen=True)
class PostingStore:
    """A store whose events are posted."""

    path: str
    key: str


@dataclass(frozen=True)
class StartTimes:
    """Seconds that processes took to start."""

    api: float
    """Until it answered."""
    workers: float
    """Until the last polled."""


@dataclass(frozen=True)
class Installation:
    """Temporal and the stand-ins, which run already, and what runs on them."""

    database: BenchmarkDatabase
    temporal: TemporalProcess
    sandbox: HttpProcess
    variables: dict[str, str]

    @asynccontextmanager
    async def product(self, workers: int = 1) -> AsyncIterator["RunningProduct"]:
        """The API and so many worker processes, ready to work."""
        async with AsyncExitStack() as stack:
            began = time.perf_counter()
            api = await stack.enter_async_context(run_api_process(self.variables))
            api_began = time.perf_counter()
            pids = [
                await stack.enter_async_context(run_worker(self.variables)) for _ in range(workers)
            ]
            await wait_until_polling(self.temporal.client, pids)
            started = StartTimes(api_began - began, time.perf_counter() - api_began)
            await wait_until_ready(api.http)
            parts = {"API": ProcessTrees([api.pid]), "worker": ProcessTrees(pids)}
            yield RunningProduct(self, api, pids, started, Meter({**parts, **self.parts()}))

    def parts(self) -> dict[str, ProcessorTime]:
        """What is metered of all that runs besides API and workers."""
        return {
            "Temporal": ProcessTrees([self.temporal.pid]),
            "stand-ins": ProcessTrees([self.sandbox.pid]),
            **database_parts(self.database.url),
        }


@dataclass(frozen=True)
class RunningProduct:
    """API and workers on an installation."""

    installation: Installation
    api: HttpProcess
    worker_pids: list[int]
    started: StartTimes
    meter: Meter

    async def add_store(self, store_id: str, **config: Any) -> PostingStore:
        """A store that may post `MAX_RATE` events a second, with one message an hour later.

        Args:
            store_id: of a new store.
            config: what differs.
        """
        whole = {
            "organization_id": sample("cart_update.add_to_cart")["organization_id"],
            "name": "Denim Co",
            "timezone": "Asia/Kolkata",
            "buffer": "1h",
            "rate": MAX_RATE,
            "exit_api": {"url": self.installation.sandbox.url(EXIT_API)},
            "whatsapp": {"phone_number_id": "1055", "access_token": "token"},
            "plans": {"cart_update": [{"after": "1h", "template": "reminder", "language": "en"}]},
            **config,
        }
        headers = {"Authorization": f"Bearer {BENCHMARK_SECRET}"}
        answer = await self.api.http.put(f"/v1/stores/{store_id}", json=whole, headers=headers)
        key = answer.raise_for_status().json()["api_key"]
        return PostingStore(f"/v1/stores/{store_id}/events", key)


@asynccontextmanager
async def open_installation(database: BenchmarkDatabase) -> AsyncIterator[Installation]:
    """Temporal and the stand-ins; API and workers are still to be started."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        temporal = await stack.enter_async_context(run_temporal(folder))
        sandbox = await stack.enter_async_context(run_sandbox_process())
        variables = {
            **api_variables(database.url, temporal.address),
            "WHATSAPP_API_URL": sandbox.url("/v26.0"),
            "ALLOW_PRIVATE_EGRESS": "1",
        }
        yield Installation(database, temporal, sandbox, variables)
