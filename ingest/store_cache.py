"""Stores, and who has proved to be one, for a second: a request need not read them.

A pause, an opt-out or an exit is never taken from here: the claim reads them. A refusal is never
kept. The process that changes a store forgets it at once, others within `MAX_AGE`; and the
transaction that accepts an event sees whether the store's configuration was replaced meanwhile.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import keys, signing_secrets, stores
from storage.database import Database
from storage.stores import Store

MAX_AGE: Final = timedelta(seconds=1)

MAX_STORES: Final = 10_000
"""With more, all are forgotten: those that post are read again."""

_Read = Callable[[AsyncConnection], Awaitable[Any]]


class StoreCache:
    """Reads a store, its keys and its secrets at most once a second."""

    def __init__(self, database: Database, now: Callable[[], float] = time.monotonic) -> None:
        """Read from this database; `now` is in seconds of a monotonic clock."""
        self._database = database
        self._now = now
        self._known: dict[str, dict[str, tuple[Any, float]]] = {}
        self._reads: dict[tuple[str, str], asyncio.Future[Any]] = {}
        self._changes = 0

    async def existing(self, store_id: str) -> Store:
        """A store.

        Raises:
            LookupError: it does not exist.
            SecretCipherError: one of its secrets cannot be opened.
        """
        store = await self._recall(store_id, "store", lambda c: stores.get(c, store_id))
        if store is None:
            raise LookupError(f"no store {store_id}")
        found: Store = store
        return found

    async def of_key(self, store_id: str, key: str) -> Store | None:
        """The store, if this is a valid key of it."""
        hashed = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
        name = f"key {hashed}"
        if not await self._recall(store_id, name, lambda c: keys.matches(c, store_id, key)):
            return None
        return await self.existing(store_id)

    async def signing_secrets(self, store_id: str) -> list[str]:
        """The secrets of a store that have not ended; none of a store that does not exist.

        Raises:
            SecretCipherError: one cannot be opened.
        """
        found: list[str] = await self._recall(
            store_id, "secrets", lambda c: signing_secrets.live(c, store_id)
        )
        return found

    def forget(self, store_id: str) -> None:
        """Read a store anew: it was changed. What is just being read is not kept either."""
        self._changes += 1
        self._known.pop(store_id, None)

    async def _recall(self, store_id: str, name: str, read: _Read) -> Any:
        known = self._known.get(store_id, {}).get(name)
        if known is not None and known[1] > self._now():
            return known[0]
        running = self._reads.get((store_id, name))
        if running is not None and (value := await asyncio.shield(running)):
            return value
        # A refusal that another request waited for may be older than this one.
        return await self._read(store_id, name, read)

    async def _read(self, store_id: str, name: str, read: _Read) -> Any:
        reading = self._reads[store_id, name] = asyncio.Future()
        changes, until = self._changes, self._now() + MAX_AGE.total_seconds()
        value = None
        try:
            async with self._database.reading() as connection:
                value = await read(connection)
        finally:
            reading.set_result(value)
            if self._reads.get((store_id, name)) is reading:
                del self._reads[store_id, name]
        if value and changes == self._changes:
            self._keep(store_id, name, (value, until))
        return value

    def _keep(self, store_id: str, name: str, value: tuple[Any, float]) -> None:
        if len(self._known) >= MAX_STORES:
            self._known.clear()
        known = self._known.setdefault(store_id, {})
        if len(known) > keys.MAX_LIVE + signing_secrets.MAX_LIVE:
            known.clear()
        known[name] = value
