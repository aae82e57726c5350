"""The registry of stores: configuration, secrets that are never returned, pause."""

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.stores import StoreConfig
from storage.database import lock
from storage.tables import stores

PAUSED_BY_OPERATOR = "paused by the operator"
"""Why a store is paused that nobody but its operator paused."""


@dataclass(frozen=True)
class Store:
    """A store as the program needs it, secrets included."""

    store_id: str
    config: StoreConfig
    signing_secret: str
    hash_key: str
    paused_at: datetime | None
    paused_because: str | None

    @property
    def paused(self) -> bool:
        """Whether its journeys hold."""
        return self.paused_at is not None


async def put(
    connection: AsyncConnection, store_id: str, config: StoreConfig, now: datetime
) -> Store | None:
    """Create a store, or replace its configuration.

    Returns:
        The store when it is new, whose secrets are to be shown this once; else None.
    """
    await lock(connection, "store", store_id)
    plain = _with_secrets(config.model_dump(mode="json"), config)
    replaced = await connection.execute(
        update(stores)
        .where(stores.c.store_id == store_id)
        .values(config=plain, phone_number_id=config.whatsapp.phone_number_id, updated_at=now)
        .returning(stores.c.store_id)
    )
    if replaced.first() is not None:
        return None
    signing_secret = "whsec_" + b64encode(secrets.token_bytes(24)).decode()
    hash_key = secrets.token_hex(32)
    await connection.execute(
        insert(stores).values(
            store_id=store_id,
            config=plain,
            phone_number_id=config.whatsapp.phone_number_id,
            signing_secret=signing_secret,
            hash_key=hash_key,
            created_at=now,
            updated_at=now,
        )
    )
    return Store(store_id, config, signing_secret, hash_key, None, None)


async def get(connection: AsyncConnection, store_id: str, *, keep: bool = False) -> Store | None:
    """Read a store, or None when there is none of that id.

    Args:
        connection: of the transaction to read in.
        store_id: whose.
        keep: let nobody pause or replace it before this transaction ends.
    """
    query = select(stores).where(stores.c.store_id == store_id)
    if keep:
        query = query.with_for_update(read=True)
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else _store(row)


async def existing(connection: AsyncConnection, store_id: str, *, keep: bool = False) -> Store:
    """As `get`, of a store that must be there: stores are never deleted.

    Raises:
        LookupError: it is not.
    """
    store = await get(connection, store_id, keep=keep)
    if store is None:
        raise LookupError(f"no store {store_id}")
    return store


async def ids(connection: AsyncConnection) -> list[str]:
    """Every store there is."""
    return list((await connection.execute(select(stores.c.store_id))).scalars())


async def pause(connection: AsyncConnection, store_id: str, now: datetime, because: str) -> None:
    """Let no further message of this store be claimed; a second pause changes nothing."""
    await connection.execute(
        update(stores)
        .where(stores.c.store_id == store_id, stores.c.paused_at.is_(None))
        .values(paused_at=now, paused_because=because)
    )


async def resume(connection: AsyncConnection, store_id: str) -> None:
    """Let messages be claimed again; held journeys are released by the dispatcher."""
    await connection.execute(
        update(stores)
        .where(stores.c.store_id == store_id)
        .values(paused_at=None, paused_because=None)
    )


def _store(row: RowMapping) -> Store:
    return Store(
        store_id=row["store_id"],
        config=StoreConfig.model_validate(row["config"], extra="ignore"),  # of a newer release
        signing_secret=row["signing_secret"],
        hash_key=row["hash_key"],
        paused_at=row["paused_at"],
        paused_because=row["paused_because"],
    )


def _with_secrets(plain: dict[str, Any], config: StoreConfig) -> dict[str, Any]:
    """Put back what `model_dump` masks: only the database sees it."""
    plain["whatsapp"]["access_token"] = config.whatsapp.access_token.get_secret_value()
    if config.exit_api is not None:
        plain["exit_api"]["headers"] = _plain(config.exit_api.headers)
    for name, channel in config.channels.items():
        plain["channels"][name]["secret"] = channel.secret.get_secret_value()
    return plain


def _plain(headers: dict[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in headers.items()}
