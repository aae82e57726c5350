"""Store keys: shown once, kept as hashes, compared in constant time, several at a time."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.credential_limits import require_room
from storage.tables import store_keys

_PREFIX = "ck"
MAX_LIVE = 20
"""Of one store."""


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; `api_key` is never seen again."""

    key_id: str
    api_key: str = field(repr=False)


async def make(connection: AsyncConnection, store_id: str, now: datetime) -> NewKey:
    """Make a further key for a store.

    Raises:
        CredentialLimitError: it has `MAX_LIVE` already.
    """
    await require_room(connection, store_id, _live(store_id), MAX_LIVE, "keys")
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    await connection.execute(
        insert(store_keys).values(
            key_id=key_id, store_id=store_id, secret_hash=_hash(secret), created_at=now
        )
    )
    return NewKey(key_id, f"{_PREFIX}_{key_id}_{secret}")


async def end(connection: AsyncConnection, store_id: str, key_id: str, now: datetime) -> bool:
    """End a key at once; False when this store has no such key."""
    ended = await connection.execute(
        update(store_keys)
        .where(store_keys.c.store_id == store_id, store_keys.c.key_id == key_id)
        .values(ended_at=now)
        .returning(store_keys.c.key_id)
    )
    return ended.first() is not None


async def matches(connection: AsyncConnection, store_id: str, api_key: str) -> bool:
    """Whether this is a key of this store that has not ended.

    The comparison takes as long for an unknown key as for a known one.
    """
    prefix, _, rest = api_key.partition("_")
    key_id, _, secret = rest.partition("_")
    found = await connection.execute(
        select(store_keys.c.secret_hash).where(
            store_keys.c.key_id == key_id,
            store_keys.c.store_id == store_id,
            store_keys.c.ended_at.is_(None),
        )
    )
    expected = found.scalar() or _hash("")
    return hmac.compare_digest(expected, _hash(secret)) and prefix == _PREFIX and bool(secret)


def key_id_of(api_key: str) -> str:
    """The id that a key contains, which is no secret; empty for what is no key."""
    return api_key.partition("_")[2].partition("_")[0]


async def is_live(connection: AsyncConnection, store_id: str, key_id: str) -> bool:
    """Whether the store has this key, and it has not ended."""
    found = await connection.execute(_live(store_id).where(store_keys.c.key_id == key_id))
    return found.first() is not None


async def listed(connection: AsyncConnection, store_id: str) -> list[dict[str, object]]:
    """A store's keys that have not ended, oldest first."""
    found = await connection.execute(_live(store_id))
    return [dict(row) for row in found.mappings()]


def _live(store_id: str) -> Select[tuple[str, datetime]]:
    return (
        select(store_keys.c.key_id, store_keys.c.created_at)
        .where(store_keys.c.store_id == store_id, store_keys.c.ended_at.is_(None))
        .order_by(store_keys.c.created_at, store_keys.c.key_id)
    )


def _hash(secret: str) -> str:
    """The secrets have 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()
