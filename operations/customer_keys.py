"""The keys under which a customer is stored, and when a store may change what they are."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clock import Clock
from domain.customers.identity import keys_of
from domain.journey.identity import CustomerRef
from domain.stores.config import StoreConfig
from domain.values.problems import InvalidBodyError, Problem
from storage import customers, inbox_starts, stores
from storage.database import Database
from storage.stores import Store
from temporal.gateway import JourneyGateway
from temporal.rpc import UndeliverableError

VISIBLE_AFTER: Final = timedelta(minutes=1)
"""Temporal lists a journey soon after it was started, usually within a second."""


async def known_keys(connection: AsyncConnection, store: Store, customer_id: str) -> Sequence[str]:
    """The keys under which anything of a customer is stored; the present one, if nothing is.

    Args:
        connection: to read by.
        store: the customer's.
        customer_id: the partner's id, or a key itself.
    """
    keys = keys_of(store.hash_key, customer_id, hashed=store.config.hashes_customer_ids)
    known = [key for key in keys if await customers.is_known(connection, store.store_id, key)]
    return known or keys[:1]


async def customer_of(database: Database, store: Store, customer_id: str) -> CustomerRef:
    """The customer as journeys have them, by the partner's id or by a key."""
    async with database.reading() as connection:
        keys = await known_keys(connection, store, customer_id)
    return CustomerRef(store.store_id, keys[0])


class CustomerIdSetting:
    """A store's `customer_ids`, which stays as it is while journeys are open."""

    def __init__(self, database: Database, journeys: JourneyGateway, clock: Clock) -> None:
        """Look for open journeys through these."""
        self._database = database
        self._journeys = journeys
        self._clock = clock

    async def check(self, store_id: str, config: StoreConfig) -> None:
        """Refuse a configuration that changes the setting while it must not change.

        An open journey has the key that it was started with: its customer's next events would not
        reach it.

        Raises:
            InvalidBodyError: a journey of the store is open, or about to be.
            TemporalUnavailableError: it is not known whether one is open.
        """
        async with self._database.reading() as connection:
            store = await stores.get(connection, store_id)
        if store is None or store.config.customer_ids == config.customer_ids:
            return
        if await self._may_be_open(store_id):
            because = "cannot change while journeys of the store are open"
            raise InvalidBodyError([Problem("journeys_open", ("customer_ids",), because)])

    async def _may_be_open(self, store_id: str) -> bool:
        since = self._clock() - VISIBLE_AFTER
        async with self._database.reading() as connection:
            if await inbox_starts.any_undelivered(connection, store_id):
                return True
            recent = await inbox_starts.customers_since(connection, store_id, since)
        try:
            return await self._any_open(store_id, recent)
        except UndeliverableError:
            return True  # such as before the search attributes are registered

    async def _any_open(self, store_id: str, recent: Sequence[str]) -> bool:
        for each in recent:
            if await self._journeys.is_open(CustomerRef(store_id, each)):
                return True
        return await self._journeys.any_open(store_id)
