"""Journeys whose messages are all due at once, and waiting for their end."""

import asyncio
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from benchmarks.batches import in_batches
from benchmarks.environment import BUFFER, Environment
from clock import utc_now
from storage.tables import journeys

POLL_INTERVAL: Final = timedelta(seconds=0.5)


async def post_backlog(environment: Environment, store_id: str, customers: int) -> None:
    """A new store, and customers who left a cart so long ago that their messages are due."""
    whatsapp = {"phone_number_id": f"number-of-{store_id}", "access_token": "token"}
    store = await environment.add_store(store_id, whatsapp=whatsapp)
    at = utc_now() - BUFFER
    await in_batches(lambda customer: store.post(customer, 0, at), range(customers))


async def wait_until_closed(environment: Environment, store_id: str, count: int) -> None:
    """Return when so many journeys of a store are closed."""
    query = select(func.count()).select_from(journeys).where(journeys.c.store_id == store_id)
    while True:
        async with environment.database.reading() as connection:
            if (await connection.execute(query)).scalar_one() >= count:
                return
        await asyncio.sleep(POLL_INTERVAL.total_seconds())
