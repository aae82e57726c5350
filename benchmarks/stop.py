"""How soon an opt-out counts, under load: `python -m benchmarks.stop`.

A uvicorn process, on SQLite and on PostgreSQL where one answers, takes 100 POST/s of 10 statuses
for ten seconds, or as many as `--rate` says: with more than a machine carries, everything waits for
the processor. Meanwhile ten people a second opt out, each in one of three ways. Measured is the
time from the beginning of that request until a claim of a message to them would be refused. Ends by
itself.
"""

import argparse
import asyncio
import time
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from benchmarks.databases import SERVER, postgresql
from benchmarks.processes import PATIENCE
from benchmarks.webhook import SECRET, post_all, post_signed, serving
from benchmarks.webhook_load import (
    RATE,
    SECONDS,
    STORE,
    UPDATES,
    bodies_about,
    fill,
    marketing_stopped,
    stop_said,
)
from domain.identity import keyed_hash
from storage import stores
from storage.database import Database
from storage.migrate import upgrade_in_thread
from storage.tables import suppressions

WAYS = ("STOP", "user_preferences", "PUT suppressions")
PER_SECOND = 10
LOOK_EVERY = 0.005
"""Seconds: what is measured is exact to so much."""


class Watcher:
    """Sees from when on claims are refused: a suppression is committed."""

    def __init__(self, database: Database, hash_key: str) -> None:
        """Watch the benchmark's store."""
        self._database = database
        self._hash_key = hash_key
        self._waiting: dict[str, asyncio.Future[float]] = {}

    def waits_for(self, digits: str) -> asyncio.Future[float]:
        """When this number's suppression was first seen."""
        seen = asyncio.get_running_loop().create_future()
        self._waiting[keyed_hash(self._hash_key, f"+{digits}")] = seen
        return seen

    async def run(self) -> None:
        """Look until cancelled, at all at once so as to load the database little."""
        standing = select(suppressions.c.address_hash).where(suppressions.c.store_id == STORE)
        while True:
            async with self._database.reading() as connection:
                found = (await connection.execute(standing)).scalars().all()
            for hashed in self._waiting.keys() & set(found):
                self._waiting.pop(hashed).set_result(time.perf_counter())
            await asyncio.sleep(LOOK_EVERY)


async def _opt_out(http: httpx.AsyncClient, watcher: Watcher, number: int, due: float) -> float:
    """Have one person opt out at that time; seconds until it counts."""
    await asyncio.sleep(due - time.perf_counter())
    digits, began = f"9198765{number:05}", time.perf_counter()
    seen = watcher.waits_for(digits)
    await _ask(http, WAYS[number % len(WAYS)], digits)
    async with asyncio.timeout(PATIENCE.total_seconds()):
        return await seen - began


async def _ask(http: httpx.AsyncClient, way: str, digits: str) -> None:
    if way == "PUT suppressions":
        path = f"/v1/stores/{STORE}/suppressions/+{digits}"
        headers = {"Authorization": f"Bearer {SECRET}"}
        (await http.put(path, headers=headers)).raise_for_status()
        return
    await post_signed(http, stop_said(digits) if way == "STOP" else marketing_stopped(digits))


async def measure(url: str, rate: int) -> list[float]:
    """Seconds until each opt-out counted, the ways taking turns."""
    await upgrade_in_thread(url)
    database = Database(url)
    try:
        load = list(bodies_about(await fill(database)))[: rate * SECONDS]
        async with database.reading() as connection:
            hash_key = (await stores.existing(connection, STORE)).hash_key
        watcher = Watcher(database, hash_key)
        watching = asyncio.create_task(watcher.run())
        async with serving(url) as http:
            took = await _opt_out_under_load(http, watcher, load, rate)
        watching.cancel()
        await asyncio.wait([watching])
    finally:
        await database.close()
    return took


async def _opt_out_under_load(
    http: httpx.AsyncClient, watcher: Watcher, load: list[bytes], rate: int
) -> list[float]:
    began = time.perf_counter()
    people = [
        asyncio.create_task(_opt_out(http, watcher, number, began + number / PER_SECOND))
        for number in range(SECONDS * PER_SECOND)
    ]
    await post_all(http, load, rate)
    return await asyncio.gather(*people)


def _rows(name: str, took: list[float]) -> list[tuple[str, ...]]:
    rows = []
    for number, way in enumerate(WAYS):
        ordered = sorted(took[number :: len(WAYS)])
        shown = (ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1])
        rows.append((name, way, *(f"{each * 1000:.0f} ms" for each in shown)))
    return rows


async def main(server: str, rate: int) -> None:
    """Measure and print."""
    load = f"{rate} POST/s of {UPDATES} updates"
    table = Table(load, "opt-out by", "median", "99 %", "longest")
    with TemporaryDirectory() as folder:
        for row in _rows("SQLite", await measure(f"sqlite:///{folder}/comeback.db", rate)):
            table.add_row(*row)
    with postgresql(server) as url_or_none:
        if url_or_none is not None:
            for row in _rows("PostgreSQL", await measure(url_or_none, rate)):
                table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--postgresql", default=SERVER)
    arguments.add_argument(
        "--rate", type=int, default=RATE, choices=range(1, RATE + 1), metavar="N"
    )
    asked = arguments.parse_args()
    asyncio.run(main(asked.postgresql, asked.rate))
