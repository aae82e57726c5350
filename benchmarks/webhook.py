"""How fast Meta's webhook answers, and how far processing lags: `python -m benchmarks.webhook`.

A uvicorn process, on SQLite and on PostgreSQL where one answers; 100 POST/s of 10 statuses for ten
seconds, each measured from the instant at which it was due. Ends by itself.
"""

import argparse
import asyncio
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console
from rich.table import Table

from activities.clock import utc_now
from benchmarks.databases import SERVER, postgresql
from benchmarks.processes import HOST, PATIENCE, serving_api
from benchmarks.webhook_load import MESSAGES, RATE, UPDATES, bodies_about, fill
from sandbox.telling import signature
from storage import messages, webhooks
from storage.database import Database
from storage.migrate import upgrade_in_thread

AT_ONCE = 20
"""Posts under way; with many more the client takes the processor from whom it measures."""

SECRET = "benchmark"  # noqa: S105  # of a process that lives for some seconds


@dataclass(frozen=True)
class Result:
    """What was measured on one database; times in seconds."""

    answers: list[float]
    lags: list[float]
    caught_up: float
    read: int

    def row(self, name: str) -> tuple[str, ...]:
        """For the table."""
        ordered = sorted(self.answers)
        shown = (ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1])
        settled = f"{self.read} of {MESSAGES}"
        lag = f"{max(self.lags) * 1000:.0f} ms"
        after = f"{self.caught_up * 1000:.0f} ms"
        return (name, *(f"{each * 1000:.0f} ms" for each in shown), lag, after, settled)


async def measure(url: str) -> Result:
    """Post at the rate, and watch how old the oldest unprocessed notification gets."""
    await upgrade_in_thread(url)
    database = Database(url)
    try:
        bodies = bodies_about(await fill(database))
        lags = [0.0]
        async with serving(url) as http:
            watching = asyncio.create_task(_watch(database, lags))
            answers = await post_all(http, list(bodies))
            began = time.perf_counter()
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while await _lag(database):
                    pass
            caught_up = time.perf_counter() - began
            watching.cancel()
            await asyncio.wait([watching])
        async with database.reading() as connection:
            read = (await messages.by_status(connection)).get("read", 0)
    finally:
        await database.close()
    return Result(answers, lags, caught_up, read)


def serving(url: str) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """The API, without Temporal."""
    environment = {
        "DATABASE_URL": url,
        "ADMIN_TOKEN": SECRET,
        "META_APP_SECRET": SECRET,
        "META_VERIFY_TOKEN": SECRET,
        "TEMPORAL_ADDRESS": f"{HOST}:1",
    }
    return serving_api(environment)


async def post_all(http: httpx.AsyncClient, bodies: list[bytes], rate: float = RATE) -> list[float]:
    """Each at its time, however long the others take."""
    began, slots = time.perf_counter(), asyncio.Semaphore(AT_ONCE)

    async def post(number: int, body: bytes) -> float:
        due = began + number / rate
        await asyncio.sleep(due - time.perf_counter())
        async with slots:
            await post_signed(http, body)
        return time.perf_counter() - due

    return await asyncio.gather(*(post(*each) for each in enumerate(bodies)))


async def post_signed(http: httpx.AsyncClient, body: bytes) -> None:
    """Post as Meta does."""
    headers = signature(body, SECRET)
    answer = await http.post("/webhooks/whatsapp", content=body, headers=headers)
    answer.raise_for_status()


async def _watch(database: Database, lags: list[float]) -> None:
    while True:
        lags.append(await _lag(database))
        await asyncio.sleep(0.05)


async def _lag(database: Database) -> float:
    async with database.reading() as connection:
        oldest = await webhooks.oldest(connection)
    return 0.0 if oldest is None else (utc_now() - oldest).total_seconds()


async def main(server: str) -> None:
    """Measure and print."""
    posts = f"{RATE} POST/s of {UPDATES} updates"
    table = Table(posts, "median", "99 %", "longest", "worst lag", "caught up after", "read")
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/comeback.db"
        table.add_row(*(await measure(url)).row("SQLite"))
    with postgresql(server) as url_or_none:
        if url_or_none is not None:
            table.add_row(*(await measure(url_or_none)).row("PostgreSQL"))
    Console().print(table)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--postgresql", default=SERVER)
    asyncio.run(main(arguments.parse_args().postgresql))
