"""What floods do to another store's posts: `python -m benchmarks.floods [--seconds N] [--rate N]`.

The launched API, on SQLite and on PostgreSQL where one answers, with a Temporal server and no
worker. Store B posts at a steady rate alone, beside 1,100 connections that send a byte a second
without a key, and beside store A, which posts over 200 connections as fast as it can. Each answer
is measured from the instant at which its request was due. The loads run in processes of their own.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
from rich.console import Console

from benchmarks.databases import POSTGRESQL_SERVER, BenchmarkDatabase, postgresql, sqlite
from benchmarks.processes import BENCHMARK_SECRET, ROOT, api_variables, run_api
from benchmarks.raw_http import Connection, posted_event
from benchmarks.report import latency_cells, percentile
from benchmarks.temporal_server import temporal_server
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

    def described(self, alone: "Posts") -> str:
        """Latencies, compared with those of the store alone, and statuses."""
        ratio = percentile(self.seconds, 0.99) / percentile(alone.seconds, 0.99)
        latencies = ", ".join(latency_cells(self.seconds))
        return f"{latencies}; 99 % is {ratio:.1f} times that of B alone; {dict(self.statuses)}"


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


async def measure(database: BenchmarkDatabase, temporal: str, pace: Pace, console: Console) -> None:
    """Measure the three cases on one database, and print each."""
    async with run_api(api_variables(database.url, temporal)) as http:
        port = http.base_url.port or 80
        flooding, shop = await _shop(http, "a"), await _shop(http, "b")
        await _post_steadily(port, shop, Pace(pace.per_second, SETTLE_SECONDS))  # warms up
        alone = await _post_steadily(port, shop, pace)
        console.print(f"{database.name}, B alone: {alone.described(alone)}")
        for kind, count in FLOODS.items():
            async with _flood(kind, port, flooding) as answered:
                beside = await _post_steadily(port, shop, pace)
            described = f"{beside.described(alone)}; the flood was answered {answered[0]}"
            console.print(f"{database.name}, B beside {count} {kind}: {described}")


async def main(server: str, pace: Pace) -> None:
    """Measure and print."""
    console = Console(width=160, highlight=False)
    console.print(f"B posts {pace.per_second} events a second; median, 99 %, longest:")
    with TemporaryDirectory() as folder:
        async with await temporal_server(Path(folder)) as environment:
            target = environment.client.service_client.config.target_host
            for opened in (sqlite(), postgresql(server)):
                with opened as database:
                    if database is not None:
                        await measure(database, target, pace, console)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floods", description=__doc__)
    parser.add_argument("--postgresql", default=POSTGRESQL_SERVER)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--rate", type=int, default=10, help="B's posts a second")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    asyncio.run(main(arguments.postgresql, Pace(arguments.rate, arguments.seconds)))
