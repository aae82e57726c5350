"""What floods do to another store's posts: `python -m benchmarks.floods [--seconds N] [--rate N]`.

The launched API with a Temporal server and no worker. Store B posts at a steady rate alone, which
is the reference, beside 1,100 connections that send a byte a second
without a key, and beside store A, which posts over 200 connections as fast as it can. Each answer
is measured from the instant at which its request was due. The loads run in processes of their own.
"""

import asyncio
import json
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from benchmarks.databases import BenchmarkDatabase
from benchmarks.load.plan import ACCEPTED
from benchmarks.measure.command import Command
from benchmarks.measure.meter import Meter, ProcessTrees, database_parts
from benchmarks.measure.results import Case, Figure, milliseconds, processor_figures, ratio
from benchmarks.processes import BENCHMARK_SECRET, ROOT, api_variables, run_api_process
from benchmarks.raw_http import Connection, posted_event
from benchmarks.report import percentile
from benchmarks.temporal_process import run_temporal
from sandbox.server import HOST

FLOODS: Final = {"keyless": 1100, "store": 200}
"""Connections of each flood."""

SETTLE_SECONDS: Final = 2
ORGANIZATION: Final = "21j2h3ef-56e0-4a1c-81ad-ff84j3615e22"


@dataclass(frozen=True)
class Pace:
    """How many events store B posts a second, and for how long."""

    per_second: int
    seconds: int


@dataclass(frozen=True)
class Posts:
    """Store B's answers."""

    seconds: list[float]
    statuses: Counter[str]

    def figures(self, alone: "Posts") -> list[Figure]:
        """Latencies, compared with those of the store alone, and refusals."""
        accepted = self.statuses[str(ACCEPTED)]
        slower = (percentile(self.seconds, 0.99), percentile(alone.seconds, 0.99))
        refused = self.statuses.total() - accepted
        return [
            *milliseconds("answered after", self.seconds),
            ratio("beside / alone, p99", *slower),
            Figure(name="not accepted", value=refused, unit="events of B"),
        ]


@dataclass(frozen=True)
class Shop:
    """A store of the benchmark."""

    path: str
    key: str


async def _shop(http: httpx.AsyncClient, store_id: str) -> Shop:
    config = {
        "organization_id": ORGANIZATION,
        "name": "Denim Co",
        "timezone": "Asia/Kolkata",
        "whatsapp": {"phone_number_id": "1055", "access_token": "token"},
        "plans": {"cart_update": [{"after": "1h", "template": "reminder", "language": "en"}]},
    }
    answer = await http.put(
        f"/v1/stores/{store_id}",
        json=config,
        headers={"Authorization": f"Bearer {BENCHMARK_SECRET}"},
    )
    key: str = answer.raise_for_status().json()["api_key"]
    return Shop(f"/v1/stores/{store_id}/events", key)


async def _post_steadily(port: int, shop: Shop, pace: Pace) -> Posts:
    """Post at the rate, each over a connection of its own, as a flooded peer must."""
    began, statuses = time.perf_counter(), Counter[str]()

    async def post(number: int) -> float:
        due = began + number / pace.per_second
        await asyncio.sleep(due - time.perf_counter())
        try:
            async with Connection(HOST, port) as connection:
                body = posted_event(f"b-{began}-{number}")
                status = str(await connection.post(shop.path, body, shop.key))
        except (OSError, asyncio.IncompleteReadError):
            status = "closed"
        statuses[status] += 1
        return time.perf_counter() - due

    posts = [post(number) for number in range(pace.seconds * pace.per_second)]
    return Posts(await asyncio.gather(*posts), statuses)


@asynccontextmanager
async def _flood(kind: str, port: int, shop: Shop) -> AsyncIterator[list[str]]:
    """Flood while the block runs; gives a list that has what was answered in the end."""
    arguments = (kind, str(port), shop.path, str(FLOODS[kind]), shop.key)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.flood_process", *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    answered: list[str] = []
    try:
        await asyncio.sleep(SETTLE_SECONDS)
        yield answered
    finally:
        process.terminate()
        output, _ = await process.communicate()
        answered.append(output.decode().strip())


@dataclass(frozen=True)
class Target:
    """The API under the floods."""

    database_name: str
    port: int
    meter: Meter


def command() -> Command:
    """The command line."""
    floods = Command("floods", __doc__)
    floods.number("--seconds", small=10, full=20, meaning="of each case")
    floods.number("--rate", small=10, full=10, meaning="B's posts a second")
    return floods


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure the three cases on one database."""
    pace = Pace(arguments.rate, arguments.seconds)
    with TemporaryDirectory() as folder:
        async with (
            run_temporal(Path(folder)) as temporal,
            run_api_process(api_variables(database.url, temporal.address)) as api,
        ):
            pids = {"API": api.pid, "Temporal": temporal.pid}
            trees = {part: ProcessTrees([pid]) for part, pid in pids.items()}
            meter = Meter({**trees, **database_parts(database.url)})
            flooding, shop = await _shop(api.http, "a"), await _shop(api.http, "b")
            await _post_steadily(api.port, shop, Pace(pace.per_second, SETTLE_SECONDS))  # warms up
            return await _cases(Target(database.name, api.port, meter), flooding, shop, pace)


async def _cases(target: Target, flooding: Shop, shop: Shop, pace: Pace) -> list[Case]:
    target.meter.start()
    alone = await _post_steadily(target.port, shop, pace)
    processor = processor_figures(target.meter.seconds(), len(alone.seconds), "event of B")
    cases = [_case(target, "B alone", [*alone.figures(alone), *processor])]
    for kind, count in FLOODS.items():
        async with _flood(kind, target.port, flooding) as answered:
            beside = await _post_steadily(target.port, shop, pace)
        figures = [*beside.figures(alone), *_flood_figures(answered[0])]
        cases.append(_case(target, f"B beside {count} {kind}", figures))
    return cases


def _case(target: Target, name: str, figures: list[Figure]) -> Case:
    return Case(name=f"{target.database_name}, {name}", figures=figures)


def _flood_figures(answered: str) -> list[Figure]:
    statuses: dict[str, int] = json.loads(answered)
    return [
        Figure(name=f"the flood's {status}", value=count, unit="answers")
        for status, count in statuses.items()
    ]


if __name__ == "__main__":
    command().run(measure)
