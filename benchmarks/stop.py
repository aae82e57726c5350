"""How soon an opt-out counts, under load: `python -m benchmarks.stop [--rate 100]`.

An API process gets POSTs of 10 statuses for ten seconds, or a minute with `--full`, `--rate` of
them per second; with more than a machine carries, everything waits for the processor. Meanwhile ten
customers a second opt out, each in one of three ways. Measured is the time from the start of that
request until a claim of a message to them would be refused.

Reference, before that and in the same process: the same opt-outs without the POSTs.
"""

import asyncio
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from benchmarks.databases import BenchmarkDatabase
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, milliseconds, processor_figures, ratio
from benchmarks.phones import phone_digits
from benchmarks.processes import BENCHMARK_SECRET, WAIT_TIMEOUT
from benchmarks.report import percentile
from benchmarks.suppression_watcher import SuppressionWatcher, run_watcher
from benchmarks.webhook_client import post_all, post_signed, run_api_without_temporal
from benchmarks.webhook_load import (
    POSTS_PER_SECOND,
    STORE_ID,
    fill,
    messages_for,
    preference_notification,
    status_notifications,
    stop_notification,
)
from bootstrap import open_database

WAYS: Final = ("STOP", "user_preferences", "PUT suppressions")
OPT_OUTS_PER_SECOND: Final = 10


@dataclass(frozen=True)
class OptOuts:
    """Opts customers out, one after the other, and notes when each counts."""

    http: httpx.AsyncClient
    watcher: SuppressionWatcher

    async def times(self, customers: range, load: Sequence[bytes], rate: int) -> list[float]:
        """Seconds until each opt-out counted, beside this load; the nth one by `WAYS[n % 3]`."""
        began = time.perf_counter()
        opt_outs = [
            asyncio.create_task(self._time(customer, began + number / OPT_OUTS_PER_SECOND))
            for number, customer in enumerate(customers)
        ]
        await post_all(self.http, load, rate)
        return await asyncio.gather(*opt_outs)

    async def _time(self, customer: int, due: float) -> float:
        await asyncio.sleep(due - time.perf_counter())
        digits, requested = phone_digits(customer), time.perf_counter()
        seen = self.watcher.expect(digits)
        await self._opt_out(WAYS[customer % len(WAYS)], digits)
        async with asyncio.timeout(WAIT_TIMEOUT.total_seconds()):
            return await seen - requested

    async def _opt_out(self, way: str, digits: str) -> None:
        if way == "PUT suppressions":
            path = f"/v1/stores/{STORE_ID}/suppressions/+{digits}"
            headers = {"Authorization": f"Bearer {BENCHMARK_SECRET}"}
            (await self.http.put(path, headers=headers)).raise_for_status()
        elif way == "STOP":
            await post_signed(self.http, stop_notification(digits))
        else:
            await post_signed(self.http, preference_notification(digits))


def command() -> Command:
    """The command line."""
    stop = Command("stop", __doc__)
    rates = range(1, POSTS_PER_SECOND + 1)
    stop.parser.add_argument(
        "--rate", type=int, default=POSTS_PER_SECOND, choices=rates, metavar="N", help="POST/s"
    )
    stop.number("--seconds", small=10, full=60, meaning="of opt-outs")
    return stop


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    rate, posts = arguments.rate, arguments.rate * arguments.seconds
    count = arguments.seconds * OPT_OUTS_PER_SECOND // len(WAYS) * len(WAYS)
    async with open_database(database.url) as opened:
        load = list(status_notifications(await fill(opened, messages_for(arguments.seconds))))
        async with (
            run_watcher(opened) as watcher,
            run_api_without_temporal(database) as (http, meter),
        ):
            opt_outs = OptOuts(http, watcher)
            alone = await opt_outs.times(range(count), [], rate)
            meter.start()
            loaded = await opt_outs.times(range(count, 2 * count), load[:posts], rate)
            processor = meter.seconds()
    by_way = {way: loaded[number :: len(WAYS)] for number, way in enumerate(WAYS)}
    figures = [
        *(figure for way, seconds in by_way.items() for figure in milliseconds(way, seconds)),
        *milliseconds("without load", alone),
        ratio("under load / without, p50", percentile(loaded, 0.5), percentile(alone, 0.5)),
        *processor_figures(processor, posts, "POST"),
    ]
    return [Case(name=database.name, figures=figures)]


if __name__ == "__main__":
    command().run(measure)
