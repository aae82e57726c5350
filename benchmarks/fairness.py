"""What one store's burst costs another: `python -m benchmarks.fairness [--burst 300]`.

Store A has a burst of journeys due at once, then store B has a few; a worker comes, and finds
A's burst ahead of B's few. How long B waited for its messages: alone; behind A in the same task
queue; in another one; and both again on a Temporal dev server that takes stores in turn within a
queue (as `make dev` runs it). Ends by itself, each scene as soon as B has its messages.
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
from sqlalchemy import func, select

from activities.clock import utc_now
from benchmarks.stage import BUFFER, Scene, Stage, scene
from cli.temporal_server import FAIRNESS
from storage.tables import journeys, messages
from workflows.queues import task_queue

FEW = 10
AT_ONCE = 20
PATIENCE = timedelta(minutes=5)
POLL = timedelta(seconds=0.5)
BURSTING, NEIGHBOUR = "a", "neighbour"


@dataclass(frozen=True)
class Waits:
    """How many seconds after the worker came B's messages were sent, and what A had by then."""

    few: list[float]
    burst_sent: int


@dataclass(frozen=True)
class Case:
    """What is tried."""

    name: str
    same_queue: bool
    keys: bool = False
    burst: bool = True


CASES = (
    Case("B alone", same_queue=False, burst=False),
    Case("behind A, nothing between them", same_queue=True),
    Case("queues", same_queue=False),
    Case("fairness keys", same_queue=True, keys=True),
    Case("queues and fairness keys", same_queue=False, keys=True),
)


def other_store(*, same_queue: bool) -> str:
    """The id of a store that shares A's queue, or does not."""
    ids = (f"b{number}" for number in itertools.count())
    theirs = task_queue(BURSTING)
    return next(each for each in ids if (task_queue(each) == theirs) is same_queue)


async def waits(case: Case, burst: int) -> Waits:
    """Play it on a new server, with a worker that has sent messages before."""
    few = other_store(same_queue=case.same_queue)
    async with (
        scene(*(FAIRNESS if case.keys else ())) as on,
        asyncio.timeout(PATIENCE.total_seconds()),
    ):
        await post(on, NEIGHBOUR, 1)
        await _work_untilclosed(on, NEIGHBOUR, 1)
        if case.burst:
            await post(on, BURSTING, burst)
        await post(on, few, FEW)
        began = utc_now()
        await _work_untilclosed(on, few, FEW)
        sent = await _sent(on, few, began)
        ahead = await _sent(on, BURSTING, began)
    return Waits(sent, sum(each <= median(sent) for each in ahead))


async def _work_untilclosed(on: Scene, store_id: str, journeys_of_it: int) -> None:
    async with on.working():
        while await closed(on, store_id) < journeys_of_it:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(POLL.total_seconds())


async def post(on: Scene, store_id: str, customers: int) -> None:
    """So many customers left a cart, each so long ago that the message is due by now."""
    number = {"phone_number_id": f"number-of-{store_id}", "access_token": "token"}
    store = Stage(on.client, on.intake, await on.store(store_id, whatsapp=number))
    at = utc_now() - BUFFER
    for first in range(0, customers, AT_ONCE):
        batch = range(first, min(first + AT_ONCE, customers))
        await asyncio.gather(*(store.post(customer, 0, at) for customer in batch))


async def closed(on: Scene, store_id: str) -> int:
    """How many journeys of a store are through."""
    mine = journeys.c.store_id == store_id
    query = select(func.count()).select_from(journeys).where(mine)
    async with on.database.reading() as connection:
        return (await connection.execute(query)).scalar_one()


async def _sent(on: Scene, store_id: str, began: datetime) -> list[float]:
    """When the ledger says that Meta took the store's messages."""
    query = select(messages.c.sent_at).where(
        messages.c.store_id == store_id, messages.c.sent_at.is_not(None)
    )
    async with on.database.reading() as connection:
        found = (await connection.execute(query)).scalars()
        return sorted((sent_at - began).total_seconds() for sent_at in found)


async def main(burst: int) -> None:
    """Measure and print."""
    table = Table(f"B: {FEW}, A: {burst} messages", "B, median", "B, last", "to alone", "A by then")
    alone = None
    for case in CASES:
        waited = await waits(case, burst)
        middle = median(waited.few)
        alone = alone or middle
        seconds = [f"{each:.1f} s" for each in (middle, max(waited.few))]
        table.add_row(case.name, *seconds, f"{middle / alone:.1f}", str(waited.burst_sent))
    Console().print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fairness", description=__doc__)
    parser.add_argument("--burst", type=int, default=300)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(_arguments().burst)))
