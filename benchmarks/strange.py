"""Everything at once against a strange Meta: `python -m benchmarks.strange [--seed N]`.

API, worker and Temporal are processes of their own; some hundred journeys run through them. The
stand-in for Meta checks each request against what Meta publishes, and by the seed refuses, breaks,
hangs, and tells statuses late, twice, out of order, before its answer or never, among rubbish and
forgeries; some receivers say STOP. In the end our ledger is held against Meta's truth; exits with
1 when a promise is broken. On PostgreSQL where one answers, else on SQLite. Ends by itself, all on
loopback. What is drawn is the same for the same seed; what overtakes what is not.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from benchmarks.databases import SERVER, postgresql
from benchmarks.processes import running_worker, serving_api
from benchmarks.stage import temporal_server
from benchmarks.strange_proof import Proof, Row
from benchmarks.strange_shop import ADMIN_TOKEN, open_shops, phone
from sandbox.app import create_sandbox
from sandbox.ledger import Received
from sandbox.server import serve
from sandbox.stranger import Truth
from storage import quarantine, webhooks
from storage.database import Database
from storage.messages import MessageStatus
from storage.migrate import upgrade_in_thread
from storage.tables import journeys, messages

SECRET = "benchmark"  # noqa: S105  # of processes that live for some minutes
LONGEST = timedelta(minutes=6)
"""Of the whole run; what has not ended by then is a broken promise."""

POLL = timedelta(seconds=0.5)
MARKETING_LIMIT = 131049
"""A journey whose message failed so waits a day."""

MOST_JOURNEYS = 100_000
RECEIVED = TypeAdapter(list[Received])


@dataclass(frozen=True)
class World:
    """All that there is."""

    database: Database
    api: httpx.AsyncClient
    meta: httpx.AsyncClient

    async def truth(self) -> Truth:
        """What Meta told."""
        return Truth.model_validate_json((await self.meta.get("/_sandbox/told")).content)

    async def proof(self, wanted: int) -> Proof:
        """Both sides' words, when all is over."""
        rows, unfinished = await self._rows(), wanted - await self._finished()
        async with self.database.reading() as connection:
            quarantined = await quarantine.size(connection)
        received = RECEIVED.validate_json((await self.meta.get("/_sandbox/requests")).content)
        return Proof(rows, received, (await self.truth()).told, unfinished, quarantined)

    async def until_over(self, wanted: int) -> None:
        """Return when every journey ended, all was told, and all that was told had its effect."""
        while await self._finished() < wanted or await self._unread():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(POLL.total_seconds())

    async def _finished(self) -> int:
        """Journeys that ended, and those that wait for the next day."""
        limited = select(messages.c.customer_id).where(
            messages.c.status == MessageStatus.NOT_SENT, messages.c.error_code == MARKETING_LIMIT
        )
        ended = select(journeys.c.customer_id)
        async with self.database.reading() as connection:
            found = await connection.execute(ended.union(limited))
            return len(found.all())

    async def _unread(self) -> bool:
        """In this order: what has been told is kept before it is read."""
        if (await self.truth()).waiting:
            return True
        async with self.database.reading() as connection:
            return await webhooks.oldest(connection) is not None

    async def _rows(self) -> list[Row]:
        columns = (messages.c.message_id, messages.c.customer_id)
        query = select(*columns, messages.c.status, messages.c.claimed_at)
        async with self.database.reading() as connection:
            return [
                Row(each[0], phone(int(each[1])), MessageStatus(each[2]), each[3])
                for each in await connection.execute(query)
            ]


@asynccontextmanager
async def world(url: str, seed: int) -> AsyncIterator[World]:
    """Start everything, with a Meta that is strange from now on."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        await upgrade_in_thread(url)
        database = Database(url)
        stack.push_async_callback(database.close)
        temporal = await stack.enter_async_context(await temporal_server(folder))
        meta_url = await stack.enter_async_context(serve(create_sandbox()))
        environment = {
            "DATABASE_URL": url,
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "META_APP_SECRET": SECRET,
            "META_VERIFY_TOKEN": SECRET,
            "TEMPORAL_ADDRESS": temporal.client.service_client.config.target_host,
            "WHATSAPP_API_URL": f"{meta_url}/v26.0",
            "ALLOW_PRIVATE_EGRESS": "1",
        }
        api = await stack.enter_async_context(serving_api(environment))
        await stack.enter_async_context(running_worker(environment))
        client = httpx.AsyncClient(base_url=meta_url, trust_env=False, timeout=60)
        meta = await stack.enter_async_context(client)
        how = {"seed": seed, "app_secret": SECRET}
        webhook = {"webhook_url": f"{api.base_url}/webhooks/whatsapp"}
        (await meta.put("/_sandbox/strange", json={**how, **webhook})).raise_for_status()
        stack.push_async_callback(meta.delete, "/_sandbox")
        yield World(database, api, meta)


async def measure(url: str, wanted: int, seed: int) -> Proof:
    """Run so many journeys, and hold both sides against each other."""
    async with world(url, seed) as there:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST.total_seconds()):
                shops = await open_shops(there.api, str(there.meta.base_url).rstrip("/"))
                await shops.everybody_leaves(range(wanted))
                await there.until_over(wanted)
        return await there.proof(wanted)


async def main(server: str, wanted: int, seed: int) -> bool:
    """Measure and print; whether every promise was kept."""
    console, began = Console(), time.perf_counter()
    with TemporaryDirectory() as folder, postgresql(server) as url:
        name = "SQLite" if url is None else "PostgreSQL"
        proof = await measure(url or f"sqlite:///{folder}/comeback.db", wanted, seed)
    table = Table(f"{wanted} journeys on {name}, seed {seed}", "count", "at most", "")
    for line in proof.lines():
        most = "" if line.most is None else str(line.most)
        table.add_row(line.what, str(line.count), most, "BROKEN" if line.broken else "")
    console.print(table)
    for row, truth in proof.untrue():
        console.print(f"{row.message_id} is {row.status}, not {', '.join(sorted(truth))}")
    for wrong in filter(None, (each.wrong for each in proof.received)):
        console.print(f"not as published: {wrong}")
    console.print(f"{time.perf_counter() - began:.1f} s")
    return not any(line.broken for line in proof.lines())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strange", description=__doc__)
    parser.add_argument("--journeys", type=int, default=300, help=f"at most {MOST_JOURNEYS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", default=SERVER)
    arguments = parser.parse_args()
    if not 1 <= arguments.journeys <= MOST_JOURNEYS:
        parser.error(f"--journeys is from 1 to {MOST_JOURNEYS}")
    return arguments


if __name__ == "__main__":
    asked = _arguments()
    kept = asyncio.run(main(asked.postgresql, asked.journeys, asked.seed))
    sys.exit(0 if kept else 1)
