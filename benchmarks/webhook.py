"""How fast Meta's webhook answers, and how far processing lags: `python -m benchmarks.webhook`.

An API process, on SQLite and on PostgreSQL where one answers, gets 100 POST/s of 10 statuses for
ten seconds. Each answer is measured from the instant at which its request was due.
"""

import argparse
import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.databases import POSTGRESQL_SERVER, postgresql, sqlite
from benchmarks.processes import WAIT_TIMEOUT
from benchmarks.report import latency_cells
from benchmarks.webhook_client import post_all, run_api_without_temporal
from benchmarks.webhook_load import (
    MESSAGES,
    POSTS_PER_SECOND,
    UPDATES_PER_POST,
    fill,
    status_notifications,
)
from bootstrap import open_database
from clock import utc_now
from storage import message_reports, webhooks
from storage.database import Database

POLL_INTERVAL: Final = timedelta(milliseconds=50)


@dataclass(frozen=True)
class WebhookTimes:
    """What was measured on one database, in seconds."""

    answers: list[float]
    lags: list[float]
    """Age of the oldest unprocessed notification, at each poll."""
    caught_up: float
    """From the last answer until all was processed."""
    read: int
    """Messages whose status is `read` in the end."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        lag = f"{max(self.lags) * 1000:.0f} ms"
        caught_up = f"{self.caught_up * 1000:.0f} ms"
        return (*latency_cells(self.answers), lag, caught_up, f"{self.read} of {MESSAGES}")


async def measure(database_url: str) -> WebhookTimes:
    """Post at the rate, and watch the lag."""
    async with open_database(database_url) as database:
        bodies = list(status_notifications(await fill(database)))
        lags = [0.0]
        async with run_api_without_temporal(database_url) as http:
            watching = asyncio.create_task(_watch(database, lags))
            answers = await post_all(http, bodies, POSTS_PER_SECOND)
            caught_up = await _catch_up(database)
            watching.cancel()
            await asyncio.wait([watching])
        async with database.reading() as connection:
            read = (await message_reports.by_status(connection)).get("read", 0)
    return WebhookTimes(answers, lags, caught_up, read)


async def _watch(database: Database, lags: list[float]) -> None:
    while True:
        lags.append(await _lag(database))
        await asyncio.sleep(POLL_INTERVAL.total_seconds())


async def _catch_up(database: Database) -> float:
    began = time.perf_counter()
    async with asyncio.timeout(WAIT_TIMEOUT.total_seconds()):
        while await _lag(database):
            pass
    return time.perf_counter() - began


async def _lag(database: Database) -> float:
    async with database.reading() as connection:
        oldest = await webhooks.oldest(connection)
    return 0.0 if oldest is None else (utc_now() - oldest).total_seconds()


async def main(server: str) -> None:
    """Measure and print."""
    title = f"{POSTS_PER_SECOND} POST/s of {UPDATES_PER_POST} updates"
    table = Table(title, "median", "99 %", "longest", "worst lag", "caught up after", "read")
    for opened in (sqlite(), postgresql(server)):
        with opened as database:
            if database is not None:
                table.add_row(database.name, *(await measure(database.url)).cells)
    Console().print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhook", description=__doc__)
    parser.add_argument("--postgresql", default=POSTGRESQL_SERVER)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(_arguments().postgresql))
