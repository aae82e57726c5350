"""Stores: their configuration, their secrets and their pause."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import RowMapping, Text, bindparam, cast, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.stores.config import StoreConfig
from domain.values.exact_json import read_json
from storage import experiments
from storage.database import cipher_of, lock
from storage.secret_cipher import SecretCipher
from storage.store_secrets import config_kept, config_opened, hash_key_of, new_hash_key
from storage.tables import stores

PAUSED_BY_OPERATOR = "paused by the operator"
"""Why a store is paused that its operator paused."""

PAUSED_AFTER_ERROR = "paused after an error of Meta's; the store's state says which"
"""What a journey is told of another pause: the reason has Meta's words, and those stay out of
histories."""


MAX_OPENED: Final = 1000
"""Stores whose configuration is kept ready, in a process: reading one takes a millisecond."""

COLUMNS: Final = (
    stores.c.store_id,
    cast(stores.c.config, Text).label("config"),
    stores.c.hash_key,
    stores.c.sealed_hash_key,
    stores.c.paused_at,
    stores.c.paused_because,
    stores.c.updated_at,
)
"""What a `Store` is made of."""

_STORE: Final = select(*COLUMNS)
_BY_ID: Final = _STORE.where(stores.c.store_id == bindparam("store_id"))
_BY_ID_FOR_SHARE: Final = _BY_ID.with_for_update(read=True)
_LAST_CHANGED: Final = _STORE.order_by(stores.c.updated_at.desc()).limit(1)


@dataclass(frozen=True)
class Store:
    """A store as the program needs it, secrets included."""

    store_id: str
    config: StoreConfig
    hash_key: str = field(repr=False)
    paused_at: datetime | None
    paused_because: str | None
    version: datetime | None = None
    """When its configuration was last replaced; None: of a test's own making."""

    @property
    def paused(self) -> bool:
        """Whether its journeys hold."""
        return self.paused_at is not None

    @property
    def paused_in_short(self) -> str:
        """Why it is paused, without Meta's words."""
        by_operator = (self.paused_because or PAUSED_BY_OPERATOR) == PAUSED_BY_OPERATOR
        return PAUSED_BY_OPERATOR if by_operator else PAUSED_AFTER_ERROR


async def put(
    connection: AsyncConnection, store_id: str, config: StoreConfig, now: datetime
) -> Store | None:
    """Create a store, or replace its configuration.

    Returns:
        The store when it is new; else None.
    """
    await lock(connection, "store", store_id)
    cipher = cipher_of(connection)
    values = {
        "config": config_kept(cipher, store_id, config),
        "phone_number_id": config.whatsapp.phone_number_id,
        "updated_at": now,
    }
    replaced = await connection.execute(
        update(stores)
        .where(stores.c.store_id == store_id)
        .values(**values)
        .returning(stores.c.store_id)
    )
    if replaced.first() is not None:
        await experiments.follow_config(connection, store_id, config, now)
        return None
    hash_key, columns = new_hash_key(cipher, store_id)
    await connection.execute(
        insert(stores).values(store_id=store_id, created_at=now, **columns, **values)
    )
    await experiments.follow_config(connection, store_id, config, now)
    return Store(store_id, config, hash_key, paused_at=None, paused_because=None, version=now)


async def get(
    connection: AsyncConnection, store_id: str, *, for_share: bool = False
) -> Store | None:
    """Read a store; None for an unknown id.

    Args:
        connection: of the transaction to read in.
        store_id: which store.
        for_share: lock it against a pause or a replacement until this transaction ends.

    Raises:
        SecretCipherError: one of its secrets cannot be opened.
    """
    query = _BY_ID_FOR_SHARE if for_share else _BY_ID
    row = (await connection.execute(query, {"store_id": store_id})).mappings().first()
    return None if row is None else of_row(connection, row)


async def existing(connection: AsyncConnection, store_id: str, *, for_share: bool = False) -> Store:
    """As `get`, for a store that exists: stores are never deleted.

    Raises:
        LookupError: it does not exist.
    """
    store = await get(connection, store_id, for_share=for_share)
    if store is None:
        raise LookupError(f"no store {store_id}")
    return store


_VERSIONS = select(stores.c.store_id, stores.c.updated_at).where(
    stores.c.store_id.in_(bindparam("store_ids", expanding=True))
)


async def changed_among(connection: AsyncConnection, known: Collection[Store]) -> list[Store]:
    """Those of these stores whose configuration was replaced since they were read."""
    if not known:
        return []
    store_ids = [each.store_id for each in known]
    found = await connection.execute(_VERSIONS, {"store_ids": store_ids})
    versions = {row.store_id: row.updated_at for row in found}
    return [each for each in known if versions.get(each.store_id) != each.version]


async def last_changed(connection: AsyncConnection) -> Store | None:
    """The store that was created or configured last; None without any.

    Raises:
        SecretCipherError: one of its secrets cannot be opened.
    """
    row = (await connection.execute(_LAST_CHANGED)).mappings().first()
    return None if row is None else of_row(connection, row)


async def ids(connection: AsyncConnection) -> list[str]:
    """The ids of all stores."""
    return list((await connection.execute(select(stores.c.store_id))).scalars())


async def pause(connection: AsyncConnection, store_id: str, now: datetime, because: str) -> None:
    """Have no further message of this store claimed; a second pause changes nothing."""
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


def of_row(connection: AsyncConnection, row: RowMapping) -> Store:
    """The store of a row with all `COLUMNS`.

    Raises:
        SecretCipherError: one of its secrets cannot be opened.
    """
    cipher = cipher_of(connection)
    return Store(
        store_id=row["store_id"],
        config=_opened_config(cipher, row["store_id"], row["config"]),
        hash_key=hash_key_of(cipher, row),
        paused_at=row["paused_at"],
        paused_because=row["paused_because"],
        version=row["updated_at"],
    )


@lru_cache(MAX_OPENED)
def _opened_config(cipher: SecretCipher, store_id: str, kept: str) -> StoreConfig:
    """The configuration that a column's text says; the same text is read once."""
    config = config_opened(cipher, store_id, read_json(kept))
    return StoreConfig.model_validate(config, extra="ignore")  # of a newer release
