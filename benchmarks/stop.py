"""How soon an opt-out counts, under load: `python -m benchmarks.stop [--rate 100]`.

An API process, on SQLite and on PostgreSQL where one answers, gets POSTs of 10 statuses for ten
seconds, `--rate` of them per second; with more than a machine carries, everything waits for the
processor. Meanwhile ten customers a second opt out, each in one of three ways. Measured is the time
from the start of that request until a claim of a message to them would be refused.
"""

import argparse
import asyncio
import time
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.databases import POSTGRESQL_SERVER, postgresql, sqlite
from benchmarks.phones import phone_digits
from benchmarks.processes import BENCHMARK_SECRET, WAIT_TIMEOUT
from benchmarks.report import latency_cells
from benchmarks.suppression_watcher import SuppressionWatcher
from benchmarks.webhook_client import post_all, post_signed, run_api_without_temporal
from benchmarks.webhook_load import (
    POSTS_PER_SECOND,
    SECONDS,
    STORE_ID,
    UPDATES_PER_POST,
    fill,
    preference_notification,
    status_notifications,
    stop_notification,
)
from bootstrap import open_database
from storage import stores

WAYS: Final = ("STOP", "user_preferences", "PUT suppressions")
OPT_OUTS_PER_SECOND: Final = 10


async def measure(database_url: str, rate: int) -> list[float]:
    """Seconds until each opt-out counted; the nth one's way is `WAYS[n % 3]`."""
    async with open_database(database_url) as database:
        load = list(status_notifications(await fill(database)))[: rate * SECONDS]
        async with database.reading() as connection:
            hash_key = (await stores.existing(connection, STORE_ID)).hash_key
        watcher = SuppressionWatcher(database, hash_key)
        watching = asyncio.create_task(watcher.run())
        async with run_api_without_temporal(database_url) as http:
            took = await _opt_out_under_load(http, watcher, load, rate)
        watching.cancel()
        await asyncio.wait([watching])
    return took


async def _opt_out_under_load(
    http: httpx.AsyncClient, watcher: SuppressionWatcher, load: list[bytes], rate: int
) -> list[float]:
    began = time.perf_counter()
    opt_outs = [
        asyncio.create_task(_time_opt_out(http, watcher, number, began))
        for number in range(SECONDS * OPT_OUTS_PER_SECOND)
    ]
    await post_all(http, load, rate)
    return await asyncio.gather(*opt_outs)


async def _time_opt_out(
    http: httpx.AsyncClient, watcher: SuppressionWatcher, number: int, began: float
) -> float:
    due = began + number / OPT_OUTS_PER_SECOND
    await asyncio.sleep(due - time.perf_counter())
    digits, requested = phone_digits(number), time.perf_counter()
    seen = watcher.expect(digits)
    await _opt_out(http, WAYS[number % len(WAYS)], digits)
    async with asyncio.timeout(WAIT_TIMEOUT.total_seconds()):
        return await seen - requested


async def _opt_out(http: httpx.AsyncClient, way: str, digits: str) -> None:
    if way == "PUT suppressions":
        path = f"/v1/stores/{STORE_ID}/suppressions/+{digits}"
        headers = {"Authorization": f"Bearer {BENCHMARK_SECRET}"}
        (await http.put(path, headers=headers)).raise_for_status()
    elif way == "STOP":
        await post_signed(http, stop_notification(digits))
    else:
        await post_signed(http, preference_notification(digits))


async def main(server: str, rate: int) -> None:
    """Measure and print."""
    title = f"{rate} POST/s of {UPDATES_PER_POST} updates"
    table = Table(title, "opt-out by", "median", "99 %", "longest")
    for opened in (sqlite(), postgresql(server)):
        with opened as database:
            if database is None:
                continue
            took = await measure(database.url, rate)
            for number, way in enumerate(WAYS):
                table.add_row(database.name, way, *latency_cells(took[number :: len(WAYS)]))
    Console().print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stop", description=__doc__)
    parser.add_argument("--postgresql", default=POSTGRESQL_SERVER)
    rates = range(1, POSTS_PER_SECOND + 1)
    parser.add_argument("--rate", type=int, default=POSTS_PER_SECOND, choices=rates, metavar="N")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    asyncio.run(main(arguments.postgresql, arguments.rate))
