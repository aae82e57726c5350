"""How one store's burst delays another: `python -m benchmarks.fairness [--burst 200]`.

On SQLite, with Temporal and workers in one process. Store A has a burst of journeys due at once,
then store B has a few; a worker starts and finds A's burst ahead of B's few. Measured is how long B
waited for its messages: alone, which is the reference; behind A in the same task queue; in another
one; and both again on a Temporal dev server with fairness keys (as `make dev` runs it). Each case
ends as soon as B has its messages.
"""

import asyncio
import itertools
from argparse import Namespace
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select

from benchmarks.backlog import post_backlog, wait_until_closed
from benchmarks.databases import BenchmarkDatabase
from benchmarks.environment import Environment, open_environment
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, Figure, cumulative, ratio
from cli.temporal_server import FAIRNESS
from clock import utc_now
from storage.tables import messages
from workflows.queues import task_queue

B_MESSAGES = 10
MAX_CASE_DURATION = timedelta(minutes=5)
STORE_A, WARM_UP_STORE = "a", "warm-up"


@dataclass(frozen=True)
class Separation:
    """What separates A and B."""

    name: str
    same_queue: bool
    fairness_keys: bool = False
    burst: bool = True


@dataclass(frozen=True)
class Waits:
    """Seconds from the worker's start until each of B's messages was sent."""

    seconds: list[float]
    a_sent: int
    """Messages of A sent by B's median."""


WAYS = (
    Separation("B alone", same_queue=False, burst=False),
    Separation("behind A, nothing between them", same_queue=True),
    Separation("queues", same_queue=False),
    Separation("fairness keys", same_queue=True, fairness_keys=True),
    Separation("queues and fairness keys", same_queue=False, fairness_keys=True),
)


def store_b(*, same_queue: bool) -> str:
    """The id of a store that shares A's task queue, or does not."""
    ids = (f"b{number}" for number in itertools.count())
    queue_of_a = task_queue(STORE_A)
    return next(each for each in ids if (task_queue(each) == queue_of_a) is same_queue)


async def measure_waits(case: Separation, burst: int) -> Waits:
    """Run a case on a new server, with a worker that has sent messages before."""
    b = store_b(same_queue=case.same_queue)
    async with (
        open_environment(*(FAIRNESS if case.fairness_keys else ())) as environment,
        asyncio.timeout(MAX_CASE_DURATION.total_seconds()),
    ):
        await post_backlog(environment, WARM_UP_STORE, 1)
        await _work_until_closed(environment, WARM_UP_STORE, 1)
        if case.burst:
            await post_backlog(environment, STORE_A, burst)
        await post_backlog(environment, b, B_MESSAGES)
        started = utc_now()
        await _work_until_closed(environment, b, B_MESSAGES)
        b_waits = await _waits(environment, b, started)
        a_waits = await _waits(environment, STORE_A, started)
    return Waits(b_waits, sum(each <= median(b_waits) for each in a_waits))


async def _work_until_closed(environment: Environment, store_id: str, count: int) -> None:
    async with environment.workers():
        await wait_until_closed(environment, store_id, count)


async def _waits(environment: Environment, store_id: str, started: datetime) -> list[float]:
    """Seconds from the start until Meta took each message of a store, by our ledger."""
    query = select(messages.c.sent_at).where(
        messages.c.store_id == store_id, messages.c.sent_at.is_not(None)
    )
    async with environment.database.reading() as connection:
        rows = (await connection.execute(query)).scalars()
        return sorted((sent_at - started).total_seconds() for sent_at in rows)


def command() -> Command:
    """The command line."""
    axes = ("seconds from the worker's start", "messages of B")
    fairness = Command("fairness", __doc__, axes=axes, on_databases=False)
    fairness.number("--burst", small=100, full=300, meaning="messages of A")
    return fairness


async def measure(_database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure every way of separating the stores."""
    waits = [(each.name, await measure_waits(each, arguments.burst)) for each in WAYS]
    alone = median(waits[0][1].seconds)
    return [_case(name, each, alone) for name, each in waits]


def _case(name: str, waits: Waits, alone: float) -> Case:
    figures = [
        Figure(name="B, median", value=median(waits.seconds), unit="s"),
        Figure(name="B, last", value=max(waits.seconds), unit="s"),
        ratio("B / alone", median(waits.seconds), alone),
        Figure(name="A by then", value=waits.a_sent, unit="messages"),
    ]
    return Case(name=name, figures=figures, curves=[cumulative("B", waits.seconds)])


if __name__ == "__main__":
    command().run(measure)
