"""What an operator does to a store in more than one table: put, resume, and see its state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.stores.config import StoreConfig
from storage import keys, stores, template_holds
from storage.stores import Store


@dataclass(frozen=True)
class NewStoreSecrets:
    """The secrets of a new store; `api_key` is not seen again."""

    key_id: str
    api_key: str
    signing_secret: str


async def put(
    connection: AsyncConnection, store_id: str, config: StoreConfig, now: datetime
) -> NewStoreSecrets | None:
    """Create a store with its first key, or replace a store's configuration.

    Returns:
        The secrets of a new store; None when the store existed.
    """
    new = await stores.put(connection, store_id, config, now)
    if new is None:
        return None
    key = await keys.make(connection, store_id, now)
    return NewStoreSecrets(key.key_id, key.api_key, new.signing_secret)


async def resume(connection: AsyncConnection, store_id: str) -> None:
    """Let messages be claimed again, also of templates that were held."""
    await stores.resume(connection, store_id)
    await template_holds.lift(connection, store_id)


async def state_of(connection: AsyncConnection, store: Store) -> dict[str, Any]:
    """Whether a store is paused and why, its held templates, and the ids of its keys."""
    return {
        "paused": store.paused,
        "paused_because": store.paused_because,
        "held_templates": await template_holds.listed(connection, store.store_id),
        "keys": [key["key_id"] for key in await keys.listed(connection, store.store_id)],
    }
