"""When suppressions of the benchmark's store are committed, so that claims are refused."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from benchmarks.webhook_load import STORE_ID
from domain.customers.identity import keyed_hash
from storage import stores
from storage.database import Database
from storage.tables import suppressions

POLL_INTERVAL: Final = timedelta(milliseconds=5)
"""The precision of what is measured."""


class SuppressionWatcher:
    """Polls the store's suppressions: claims are refused once one is committed."""

    def __init__(self, database: Database, hash_key: str) -> None:
        self._database = database
        self._hash_key = hash_key
        self._expected: dict[str, asyncio.Future[float]] = {}

    def expect(self, digits: str) -> asyncio.Future[float]:
        """When a number's suppression is first seen."""
        seen = asyncio.get_running_loop().create_future()
        self._expected[keyed_hash(self._hash_key, f"+{digits}")] = seen
        return seen

    async def run(self) -> None:
        """Poll until cancelled, with one query for all numbers, to load the database little."""
        query = select(suppressions.c.address_hash).where(suppressions.c.store_id == STORE_ID)
        while True:
            async with self._database.reading() as connection:
                hashes = (await connection.execute(query)).scalars().all()
            for address_hash in self._expected.keys() & set(hashes):
                self._expected.pop(address_hash).set_result(time.perf_counter())
            await asyncio.sleep(POLL_INTERVAL.total_seconds())


@asynccontextmanager
async def run_watcher(database: Database) -> AsyncIterator[SuppressionWatcher]:
    """Watch the benchmark's store, which exists, while the block runs."""
    async with database.reading() as connection:
        hash_key = (await stores.existing(connection, STORE_ID)).hash_key
    watcher = SuppressionWatcher(database, hash_key)
    watching = asyncio.create_task(watcher.run())
    try:
        yield watcher
    finally:
        watching.cancel()
        await asyncio.wait([watching])
