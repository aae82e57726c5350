"""The inbox as seen from outside: what was accepted, and when it was delivered to Temporal."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, NullPool, create_engine, func, select

from storage.database import sync_url
from storage.tables import inbox

POLL_INTERVAL: Final = timedelta(seconds=0.2)
MAX_WAIT: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Delivery:
    """One accepted event."""

    event_id: str
    customer_id: str
    received_at: datetime
    dispatched_at: datetime

    @property
    def lag(self) -> float:
        """Seconds from its receipt until Temporal had it."""
        return (self.dispatched_at - self.received_at).total_seconds()


class Inbox:
    """Reads with a connection of its own, in a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def wait_until_delivered(
        self, store_id: str, count: int, meanwhile: Callable[[], object] = lambda: None
    ) -> list[Delivery]:
        """Wait until so many events of a store are delivered; then all, in order of arrival.

        Raises:
            TimeoutError: not all are delivered within `MAX_WAIT`.
        """
        async with asyncio.timeout(MAX_WAIT.total_seconds()):
            while not await asyncio.to_thread(self._is_delivered, store_id, count):
                meanwhile()
                await asyncio.sleep(POLL_INTERVAL.total_seconds())
        return await asyncio.to_thread(self._deliveries, store_id)

    def _is_delivered(self, store_id: str, count: int) -> bool:
        """Whether as many are stored, and none waits, which an index tells."""
        of_store = select(func.count()).where(inbox.c.store_id == store_id)
        waiting = of_store.where(inbox.c.dispatched_at.is_(None))
        with self._engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return False
            stored: int = connection.execute(of_store).scalar_one()
            return stored >= count

    def _deliveries(self, store_id: str) -> list[Delivery]:
        columns = (inbox.c.event_id, inbox.c.customer_id, inbox.c.received_at)
        query = select(*columns, inbox.c.dispatched_at).where(inbox.c.store_id == store_id)
        with self._engine.connect() as connection:
            return [Delivery(*row) for row in connection.execute(query.order_by(inbox.c.id))]


@contextmanager
def open_inbox(database_url: str) -> Iterator[Inbox]:
    """The inbox of a database that API and worker write."""
    engine = create_engine(sync_url(database_url), poolclass=NullPool)
    try:
        yield Inbox(engine)
    finally:
        engine.dispose()
