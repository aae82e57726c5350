"""How long results take with very many messages, by each grouping: a week, and a year.

On PostgreSQL: a store with a million messages over a year and a hundred thousand orders. The first
look at a year rolls it up by day, which a worker otherwise does in the background.
"""

import argparse
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from benchmarks.databases import BenchmarkDatabase
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, Figure
from benchmarks.results_database import DAYS, STORE, fill
from bootstrap import open_database
from clock import utc_now
from domain.stores.config import StoreConfig
from operations.experiment_list import experiments_of
from operations.results import results_of
from operations.statistics import statistics_of
from storage import stores
from storage.database import Database
from storage.result_groups import By
from storage.stores import Store

PERIODS: Final = {"a week": timedelta(days=7), "a year": timedelta(days=DAYS + 1)}
REPEATED: Final = 3
"""Each figure is the median of so many."""

_STEP: Final = {"after": "1h", "template": "reminder", "language": "en"}
CONFIG: Final = StoreConfig.model_validate(
    {
        "organization_id": "large",
        "name": "Large",
        "timezone": "Asia/Kolkata",
        "whatsapp": {"phone_number_id": "1", "access_token": "token"},
        "message_costs": {"currency": "USD", "rates": {"marketing": {"other": "0.05"}}},
        "plans": {
            "cart_update": {
                "holdout": 0.1,
                "variants": {"a": {"steps": [_STEP]}, "b": {"steps": [_STEP]}},
            },
            "product_view": [_STEP],
        },
    }
)


async def measure(database: BenchmarkDatabase, arguments: argparse.Namespace) -> list[Case]:
    """Fill a database, then ask for everything."""
    if database.name != "PostgreSQL":
        return []
    async with open_database(database.url) as opened:
        now = utc_now()
        async with opened.transaction() as connection:
            await stores.put(connection, STORE, CONFIG, now)
        fill(database.url, arguments.messages, now)
        async with opened.reading() as connection:
            store = await stores.existing(connection, STORE)
        return [
            Case(name=database.name, figures=[each async for each in _figures(opened, store, now)])
        ]


async def _figures(database: Database, store: Store, now: datetime) -> AsyncIterator[Figure]:
    year = partial(results_of, database, store, By.DAY, now - PERIODS["a year"], now, now=now)
    yield Figure(
        name="the first look at a year, nothing rolled up", value=await _took(year), unit="s"
    )
    for name, length in PERIODS.items():
        start = now - length
        for by in By:
            took = await _median(partial(results_of, database, store, by, start, now, now=now))
            yield Figure(name=f"by {by}, {name}", value=took, unit="s")
        took = await _median(partial(statistics_of, database, STORE, start, now))
        yield Figure(name=f"statistics, {name}", value=took, unit="s")
    took = await _median(partial(experiments_of, database, store, now))
    yield Figure(name="experiments", value=took, unit="s")


async def _median(ask: Callable[[], Awaitable[Any]]) -> float:
    times = [await _took(ask) for _ in range(REPEATED)]
    return sorted(times)[REPEATED // 2]


async def _took(ask: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began


def command() -> Command:
    """What it is told."""
    made = Command("results", __doc__)
    made.number("--messages", small=100_000, full=1_000_000, meaning="messages of the store")
    return made


if __name__ == "__main__":
    command().run(measure)
