"""Forgetting what is old, in small steps beside the running program, and never what is needed.

Temporal says which journeys are open, since the database only learns when one closes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.reception import FARTHEST_AHEAD
from storage import purging, stores
from storage.database import Database
from storage.purging import Cursor
from storage.stores import Store
from workflows.gateway import Customer, JourneyGateway
from workflows.patience import UndeliverableError

LEAST: Final = timedelta(days=8)
"""Accepted events are kept so long at least: Meta repeats its notifications for seven days."""

log = structlog.get_logger()

_Step = Callable[
    [AsyncConnection, str, datetime, Cursor | None], Awaitable[tuple[int, Cursor | None]]
]


@dataclass
class Purged:
    """How much was forgotten so far."""

    events: int = 0
    quarantined: int = 0
    journeys: int = 0
    messages: int = 0


class WrongNamespaceError(Exception):
    """Temporal has no journeys in this namespace, nor ever had."""


class Purge:
    """Forgets what is older than some age."""

    def __init__(self, database: Database, journeys: JourneyGateway, now: datetime) -> None:
        """Forget in this database what these journeys do not need."""
        self._database = database
        self._journeys = journeys
        self._now = now
        self._at_home = False
        self.purged = Purged()

    async def run(self, older_than: timedelta) -> None:
        """Forget all that is that old; `purged` tells how far it came, also when it fails.

        Raises:
            ValueError: less than `LEAST`.
            WrongNamespaceError: no journeys are at home there, so none would look open.
            TemporalAwayError: nobody can tell whether a journey is open.
        """
        if older_than < LEAST:
            raise ValueError(f"events are kept for {LEAST.days} days at least")
        await self._quarantined(self._now - older_than)
        async with self._database.reading() as connection:
            store_ids = await stores.ids(connection)
        for store_id in store_ids:
            if (store := await self._store(store_id)) is not None:
                await self._of_store(store, older_than)

    async def _store(self, store_id: str) -> Store | None:
        """A store, unless its configuration cannot be read; the others are not its matter."""
        try:
            async with self._database.reading() as connection:
                return await stores.existing(connection, store_id)
        except ValidationError:
            log.error("store cannot be read, nothing of it is forgotten", store_id=store_id)  # noqa: TRY400  # a traceback would quote it
            return None

    async def _quarantined(self, before: datetime) -> None:
        removed = purging.AT_ONCE
        while removed == purging.AT_ONCE:
            async with self._database.transaction() as connection:
                removed = await purging.quarantined(connection, before)
            self.purged.quarantined += removed

    async def _of_store(self, store: Store, older_than: timedelta) -> None:
        """An event that is posted again later than `max_event_age` is too old to do anything."""
        age = max(older_than, store.config.max_event_age + FARTHEST_AHEAD)
        await self._events(store.store_id, self._now - age)
        before = self._now - older_than
        self.purged.journeys += await self._all(purging.explanations, store.store_id, before)
        self.purged.messages += await self._all(purging.provider_ids, store.store_id, before)

    async def _all(self, step: _Step, store_id: str, before: datetime) -> int:
        async with self._database.transaction() as connection:
            done, cursor = await step(connection, store_id, before, None)
        while cursor is not None:
            async with self._database.transaction() as connection:
                more, cursor = await step(connection, store_id, before, cursor)
            done += more
        return done

    async def _events(self, store_id: str, before: datetime) -> None:
        after = ""
        while True:
            async with self._database.reading() as connection:
                some = await purging.customers_of(connection, store_id, before, after)
            if some:
                await self._be_at_home()
            for customer_id in some:
                if not await self._matter(store_id, customer_id):
                    async with self._database.transaction() as connection:
                        removed = await purging.events(connection, store_id, customer_id, before)
                    self.purged.events += removed
            if not some:
                return
            after = some[-1]

    async def _be_at_home(self) -> None:
        if not self._at_home and not await self._journeys.is_home():
            raise WrongNamespaceError
        self._at_home = True

    async def _matter(self, store_id: str, customer_id: str) -> bool:
        """Whether a journey is open, or about to be, that may look at this customer's events."""
        async with self._database.reading() as connection:
            whose = await purging.concerned(connection, store_id, customer_id)
            if await purging.any_undelivered(connection, store_id, whose):
                return True
        for each in whose:
            if await self._may_be_open(Customer(store_id, each)):
                return True
        return False

    async def _may_be_open(self, customer: Customer) -> bool:
        try:
            return await self._journeys.is_open(customer)
        except UndeliverableError as error:
            log.warning("journey cannot be asked for", because=str(error))
            return True
