"""How one store's burst delays another: `python -m benchmarks.fairness [--burst 300]`.

Store A has a burst of journeys due at once, then store B has a few; a worker starts and finds A's
burst ahead of B's few. Measured is how long B waited for its messages: alone; behind A in the same
task queue; in another one; and both again on a Temporal dev server with fairness keys (as
`make dev` runs it). Each case ends as soon as B has its messages.
"""

import argparse
import asyncio
import itertools
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from benchmarks.backlog import post_backlog, wait_until_closed
from benchmarks.environment import Environment, open_environment
from cli.temporal_server import FAIRNESS
from clock import utc_now
from storage.tables import messages
from workflows.queues import task_queue

B_MESSAGES = 10
MAX_CASE_DURATION = timedelta(minutes=5)
STORE_A, WARM_UP_STORE = "a", "warm-up"


@dataclass(frozen=True)
class Case:
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


CASES = (
    Case("B alone", same_queue=False, burst=False),
    Case("behind A, nothing between them", same_queue=True),
    Case("queues", same_queue=False),
    Case("fairness keys", same_queue=True, fairness_keys=True),
    Case("queues and fairness keys", same_queue=False, fairness_keys=True),
)


def store_b(*, same_queue: bool) -> str:
    """The id of a store that shares A's task queue, or does not."""
    ids = (f"b{number}" for number in itertools.count())
    queue_of_a = task_queue(STORE_A)
    return next(each for each in ids if (task_queue(each) == queue_of_a) is same_queue)


async def measure(case: Case, burst: int) -> Waits:
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


async def main(burst: int) -> None:
    """Measure and print."""
    title = f"B: {B_MESSAGES}, A: {burst} messages"
    table = Table(title, "B, median", "B, last", "to alone", "A by then")
    alone = None
    for case in CASES:
        waits = await measure(case, burst)
        middle = median(waits.seconds)
        alone = alone or middle
        seconds = [f"{each:.1f} s" for each in (middle, max(waits.seconds))]
        table.add_row(case.name, *seconds, f"{middle / alone:.1f}", str(waits.a_sent))
    Console().print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fairness", description=__doc__)
    parser.add_argument("--burst", type=int, default=300)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(_arguments().burst)))
