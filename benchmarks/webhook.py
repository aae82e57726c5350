"""How fast Meta's webhook answers, and how far processing lags: `python -m benchmarks.webhook`.

An API process gets 100 POST/s of 10 statuses for ten seconds, or for a minute with `--full`. Each
answer is timed from the instant at which its request was due.

Reference, before that and at the same rate: `GET /health/live`, which does nothing but answer.
"""

import asyncio
import time
from argparse import Namespace
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from benchmarks.databases import BenchmarkDatabase
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, Curve, Figure, milliseconds, processor_figures, ratio
from benchmarks.processes import WAIT_TIMEOUT
from benchmarks.webhook_client import get_all, post_all, run_api_without_temporal
from benchmarks.webhook_load import (
    POSTS_PER_SECOND,
    fill,
    messages_for,
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

    alone: list[float]
    """Answers of the reference."""
    answers: list[float]
    lags: list[float]
    """Age of the oldest unprocessed notification, at each poll."""
    caught_up: float
    """From the last answer until all was processed."""
    read: int
    """Messages whose status is `read` in the end."""
    processor: dict[str, float]
    processor_alone: dict[str, float]

    def figures(self) -> list[Figure]:
        """The figures of one database."""
        answered, alone = (
            milliseconds("answered after", self.answers),
            milliseconds("alive after", self.alone),
        )
        posts = len(self.answers)
        return [
            *answered,
            *alone,
            ratio("answered / alive, p50", answered[0].value, alone[0].value),
            Figure(name="worst lag", value=max(self.lags) * 1000, unit="ms"),
            Figure(name="caught up after", value=self.caught_up * 1000, unit="ms"),
            Figure(name="read in the end", value=self.read, unit="messages"),
            *processor_figures(self.processor, posts, "POST"),
            *processor_figures(_named_alone(self.processor_alone), posts, "POST"),
        ]


def _named_alone(processor: dict[str, float]) -> dict[str, float]:
    return {f"{part}, alive": seconds for part, seconds in processor.items()}


def command() -> Command:
    """The command line."""
    webhook = Command("webhook", __doc__, axes=("seconds", "age of the oldest notification, s"))
    webhook.number("--seconds", small=10, full=60, meaning="of posting")
    return webhook


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    times = await measure_times(database, arguments.seconds)
    seconds = POLL_INTERVAL.total_seconds()
    lags = [(number * seconds, lag) for number, lag in enumerate(times.lags)]
    return [
        Case(name=database.name, figures=times.figures(), curves=[Curve(name="lag", points=lags)])
    ]


async def measure_times(benchmark_database: BenchmarkDatabase, seconds: int) -> WebhookTimes:
    """Post at the rate, and watch the lag."""
    async with open_database(benchmark_database.url) as database:
        bodies = list(status_notifications(await fill(database, messages_for(seconds))))
        lags = [0.0]
        async with run_api_without_temporal(benchmark_database) as (http, meter):
            alone = await get_all(http, len(bodies), POSTS_PER_SECOND)
            processor_alone = meter.seconds()
            watching = asyncio.create_task(_watch(database, lags))
            meter.start()
            answers = await post_all(http, bodies, POSTS_PER_SECOND)
            caught_up = await _catch_up(database)
            processor = meter.seconds()
            watching.cancel()
            await asyncio.wait([watching])
        async with database.reading() as connection:
            read = (await message_reports.by_status(connection)).get("read", 0)
    return WebhookTimes(alone, answers, lags, caught_up, read, processor, processor_alone)


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


if __name__ == "__main__":
    command().run(measure)
