"""What one store's burst costs another: `python -m benchmarks.fairness`.

Store A has a burst of journeys due at once, then store B has a few; a worker comes, and finds
A's burst ahead of B's few. How long each waited for its messages, once on a Temporal dev server
that takes stores in turn (as `make dev` runs it) and once on one that does not. Ends by itself.
"""

import asyncio
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

BURST, FEW = 300, 10
AT_ONCE = 20
PATIENCE = timedelta(seconds=90)
POLL = timedelta(seconds=1)


@dataclass(frozen=True)
class Waits:
    """How many seconds after the worker came each store's messages were sent, in order."""

    burst: list[float]
    few: list[float]


async def waits(*server_flags: str) -> Waits:
    """Play it on a new server."""
    async with scene(*server_flags) as on:
        await _post(on, "a", BURST)
        await _post(on, "b", FEW)
        began = utc_now()
        async with on.worker, asyncio.timeout(PATIENCE.total_seconds()):
            while await _closed(on) < BURST + FEW:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(POLL.total_seconds())
        return Waits(*[await _sent(on, store_id, began) for store_id in "ab"])


async def _post(on: Scene, store_id: str, customers: int) -> None:
    """So many customers left a cart, each so long ago that the message is due by now."""
    number = {"phone_number_id": f"number-of-{store_id}", "access_token": "token"}
    store = Stage(on.client, on.intake, await on.store(store_id, whatsapp=number))
    at = utc_now() - BUFFER
    for first in range(0, customers, AT_ONCE):
        batch = range(first, min(first + AT_ONCE, customers))
        await asyncio.gather(*(store.post(customer, 0, at) for customer in batch))


async def _closed(on: Scene) -> int:
    async with on.database.reading() as connection:
        counted = await connection.execute(select(func.count()).select_from(journeys))
        return counted.scalar_one()


async def _sent(on: Scene, store_id: str, began: datetime) -> list[float]:
    """When the ledger says that Meta took the store's messages."""
    query = select(messages.c.sent_at).where(
        messages.c.store_id == store_id, messages.c.sent_at.is_not(None)
    )
    async with on.database.reading() as connection:
        found = (await connection.execute(query)).scalars()
        return sorted((sent_at - began).total_seconds() for sent_at in found)


async def main() -> None:
    """Measure and print."""
    alone, fair = await waits(), await waits(*FAIRNESS)
    table = Table("seconds until sent", "B, median", "B, last", "A, median", "A, last")
    for name, waited in (("without fairness", alone), ("with fairness", fair)):
        row = [f(each) for each in (waited.few, waited.burst) for f in (median, max)]
        table.add_row(name, *(f"{seconds:.1f}" for seconds in row))
    Console().print(table)
    ratio = median(alone.few) / median(fair.few)
    Console().print(
        f"B has {FEW} messages behind A's {BURST}; fairness divides B's median by {ratio:.1f}"
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
