"""Rolling up the days of results in the background of a worker."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from clock import Clock
from operations.rollup import roll_up
from storage import stores
from storage.database import Database
from storage.result_changes import SETTLED_AFTER
from storage.secret_cipher import SecretCipherError

ROLL_UP_INTERVAL: Final = timedelta(minutes=10)
"""How often a worker looks for days to roll up. Until then the first look at them does it."""

log = structlog.get_logger()


class BackgroundRollUp:
    """Rolls up the days of all stores now and then, so that no look at results has to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Roll up in this database."""
        self._database = database
        self._clock = clock
        self._due_at: datetime | None = None

    async def roll_up_due(self) -> None:
        """Roll up every store, if that is due; one that cannot be read holds up no other."""
        now = self._clock()
        if self._due_at is not None and now < self._due_at:
            return
        self._due_at = now + ROLL_UP_INTERVAL
        async with self._database.reading(long=True) as connection:
            store_ids = await stores.ids(connection)
        for store_id in store_ids:
            try:
                await self._roll_up(store_id, now)
            except (ValidationError, SecretCipherError) as error:
                because = type(error).__name__
                log.error("results are not rolled up", store_id=store_id, because=because)  # noqa: TRY400  # a traceback of a ValidationError has the values

    async def _roll_up(self, store_id: str, now: datetime) -> None:
        async with self._database.reading(long=True) as connection:
            store = await stores.existing(connection, store_id)
        settled = now - SETTLED_AFTER
        await roll_up(self._database, store, settled, now)
