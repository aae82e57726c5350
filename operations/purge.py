"""Purging old data, in small steps beside the running program, and only what is not needed.

Temporal says which journeys are open, since the database only learns when one closes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.identity import CustomerRef
from domain.journey.routing import MAX_CLOCK_SKEW
from storage import customer_orders, purging, stores
from storage.aliases import Pair
from storage.database import Database
from storage.purging import Cursor
from storage.stores import Store
from temporal.gateway import JourneyGateway
from temporal.rpc import UndeliverableError

MIN_AGE: Final = timedelta(days=8)
"""Accepted events are kept so long at least: Meta repeats its notifications for seven days."""

log = structlog.get_logger()

_Step = Callable[
    [AsyncConnection, str, datetime, Cursor | None], Awaitable[tuple[int, Cursor | None]]
]
"""One batch of a store's rows before a time, beginning at a cursor; how many, and the next."""


@dataclass
class Purged:
    """How much was purged so far."""

    events: int = 0
    quarantined: int = 0
    journeys: int = 0
    messages: int = 0
    orders: int = 0


class WrongNamespaceError(Exception):
    """Search attributes are not registered: journeys never ran in this namespace of Temporal."""


class Purge:
    """Purges what is older than some age."""

    def __init__(self, database: Database, journeys: JourneyGateway, now: datetime) -> None:
        """Purge in this database what these journeys do not need."""
        self._database = database
        self._journeys = journeys
        self._now = now
        self._namespace_checked = False
        self.purged = Purged()

    async def run(self, older_than: timedelta) -> None:
        """Purge all that is older; `purged` has the counts, also when it fails.

        Raises:
            ValueError: less than `MIN_AGE`.
            WrongNamespaceError: in this namespace every journey would seem closed.
            TemporalUnavailableError: it is not known which journeys are open.
        """
        if older_than < MIN_AGE:
            raise ValueError(f"events are kept for {MIN_AGE.days} days at least")
        await self._purge_quarantine(self._now - older_than)
        async with self._database.reading(long=True) as connection:
            store_ids = await stores.ids(connection)
        for store_id in store_ids:
            if (store := await self._readable_store(store_id)) is not None:
                await self._purge_store(store, older_than)

    async def _readable_store(self, store_id: str) -> Store | None:
        """A store; None when its configuration cannot be read, which must not stop the others."""
        try:
            async with self._database.reading(long=True) as connection:
                return await stores.existing(connection, store_id)
        except ValidationError:
            log.error("store cannot be read, nothing of it is purged", store_id=store_id)  # noqa: TRY400  # a traceback would quote it
            return None

    async def _purge_quarantine(self, before: datetime) -> None:
        removed = purging.BATCH_SIZE
        while removed == purging.BATCH_SIZE:
            async with self._database.transaction(long=True) as connection:
                removed = await purging.quarantined(connection, before)
            self.purged.quarantined += removed

    async def _purge_store(self, store: Store, older_than: timedelta) -> None:
        """An event that is posted again later than `max_event_age` is too old to do anything."""
        age = max(older_than, store.config.max_event_age + MAX_CLOCK_SKEW)
        await self._purge_events(store.store_id, self._now - age)
        before = self._now - older_than
        self.purged.journeys += await self._in_batches(purging.explanations, store.store_id, before)
        self.purged.messages += await self._in_batches(purging.provider_ids, store.store_id, before)
        self.purged.orders += await self._in_batches(
            customer_orders.purge_ids, store.store_id, before
        )
        await self._purge_clicks(store.store_id, before)
        await self._purge_aliases(store.store_id, before)

    async def _purge_clicks(self, store_id: str, before: datetime) -> None:
        removed = customer_orders.BATCH_SIZE
        while removed == customer_orders.BATCH_SIZE:
            async with self._database.transaction(long=True) as connection:
                removed = await customer_orders.purge_clicks(connection, store_id, before)

    async def _purge_aliases(self, store_id: str, before: datetime) -> None:
        cursor: Pair | None = None
        while True:
            async with self._database.transaction(long=True) as connection:
                _, cursor = await purging.aliases_of_strangers(connection, store_id, before, cursor)
            if cursor is None:
                return

    async def _in_batches(self, step: _Step, store_id: str, before: datetime) -> int:
        async with self._database.transaction(long=True) as connection:
            done, cursor = await step(connection, store_id, before, None)
        while cursor is not None:
            async with self._database.transaction(long=True) as connection:
                count, cursor = await step(connection, store_id, before, cursor)
            done += count
        return done

    async def _purge_events(self, store_id: str, before: datetime) -> None:
        async for customer_id in self._customers_with_old_events(store_id, before):
            await self._check_namespace()
            if not await self._events_are_needed(store_id, customer_id):
                async with self._database.transaction(long=True) as connection:
                    removed = await purging.events(connection, store_id, customer_id, before)
                self.purged.events += removed

    async def _customers_with_old_events(
        self, store_id: str, before: datetime
    ) -> AsyncIterator[str]:
        after: str | None = ""
        while after is not None:
            async with self._database.reading(long=True) as connection:
                page = await purging.customers_of(connection, store_id, before, after)
            for customer_id in page:
                yield customer_id
            after = page[-1] if page else None

    async def _check_namespace(self) -> None:
        if not self._namespace_checked and not await self._journeys.is_registered():
            raise WrongNamespaceError
        self._namespace_checked = True

    async def _events_are_needed(self, store_id: str, customer_id: str) -> bool:
        """Whether a journey is open, or about to be, that may need this customer's events."""
        async with self._database.reading(long=True) as connection:
            customer_ids = await purging.concerned(connection, store_id, customer_id)
            if await purging.any_undelivered(connection, store_id, customer_ids):
                return True
        for each in customer_ids:
            if await self._may_be_open(CustomerRef(store_id, each)):
                return True
        return False

    async def _may_be_open(self, customer: CustomerRef) -> bool:
        try:
            return await self._journeys.is_open(customer)
        except UndeliverableError as error:
            log.warning("it is not known whether a journey is open", because=str(error))
            return True
