"""Keeping stores' secrets by the first key: when keys are first set, and when they change.

Every value is opened on the way, also one that stays as it is. So a process with the wrong keys
finds out before it works.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, cipher_of, lock
from storage.secret_cipher import SecretCipher
from storage.signing_secrets import field_of
from storage.store_secrets import Renew, config_again, hash_key_again
from storage.tables import signing_secrets, stores

_How = Callable[[SecretCipher, str, str, str], str]


@dataclass
class Reencrypted:
    """What was written."""

    stores: int = 0
    secrets: int = 0


@dataclass(frozen=True)
class _Changes:
    """What is to be written of one store."""

    store_id: str
    columns: Mapping[str, Any]
    """Of its row in `stores`."""
    signing: Mapping[str, str]
    """Signing secrets by their id."""
    secrets: int
    """How many secrets that are."""


async def take_over(database: Database) -> Reencrypted:
    """Encrypt what is kept plain, if there are keys; `reencrypt` says how.

    Raises:
        SecretCipherError: one cannot be opened, which is found before any is written.
    """
    return await _renew(database, SecretCipher.taken_over)


async def reencrypt(database: Database) -> Reencrypted:
    """Keep every secret of every store by the first key, one store per transaction.

    Safe beside running processes, to stop and to repeat: each store is locked while it is read and
    written, and what is by the first key already is not written.

    Raises:
        SecretCipherError: one cannot be opened, which is found before any is written.
    """
    return await _renew(database, SecretCipher.rotated)


async def _renew(database: Database, how: _How) -> Reencrypted:
    done = Reencrypted()
    async with database.reading() as connection:
        outdated = [each.store_id for each in await _changes(connection, how) if each.secrets]
    for store_id in outdated:
        async with database.transaction() as connection:
            await lock(connection, "store", store_id)
            [changes] = await _changes(connection, how, store_id)
            await _write(connection, changes)
        done.stores += bool(changes.secrets)
        done.secrets += changes.secrets
    return done


async def _changes(
    connection: AsyncConnection, how: _How, store_id: str | None = None
) -> Iterator[_Changes]:
    """What is to be written of one store, or of each."""
    renew = partial(how, cipher_of(connection))
    signing = await _live_signing_secrets(connection, store_id)
    columns = stores.c
    query = select(columns.store_id, columns.config, columns.hash_key, columns.sealed_hash_key)
    mine = true() if store_id is None else columns.store_id == store_id
    found = await connection.execute(query.where(mine).order_by(columns.store_id))
    return (_of_store(renew, row, signing[row["store_id"]]) for row in found.mappings())


def _of_store(renew: Renew, row: RowMapping, signing: Mapping[str, str]) -> _Changes:
    store_id: str = row["store_id"]
    config, secrets = config_again(renew, store_id, row["config"])
    hash_key = hash_key_again(renew, row)
    renewed = {each: renew(kept, store_id, field_of(each)) for each, kept in signing.items()}
    changed = {each: kept for each, kept in renewed.items() if kept != signing[each]}
    return _Changes(
        store_id,
        columns=({"config": config} if secrets else {}) | hash_key,
        signing=changed,
        secrets=secrets + bool(hash_key) + len(changed),
    )


async def _live_signing_secrets(
    connection: AsyncConnection, store_id: str | None
) -> defaultdict[str, dict[str, str]]:
    """As they are kept, by store and id."""
    columns = signing_secrets.c
    mine = true() if store_id is None else columns.store_id == store_id
    query = select(columns.store_id, columns.signing_secret_id, columns.secret)
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for of_store, secret_id, kept in await connection.execute(
        query.where(columns.ended_at.is_(None), mine)
    ):
        found[of_store][secret_id] = kept
    return found


async def _write(connection: AsyncConnection, changes: _Changes) -> None:
    if changes.columns:
        mine = stores.c.store_id == changes.store_id
        await connection.execute(update(stores).where(mine).values(**changes.columns))
    columns = signing_secrets.c
    for secret_id, kept in changes.signing.items():
        still_live = (columns.signing_secret_id == secret_id, columns.ended_at.is_(None))
        await connection.execute(update(signing_secrets).where(*still_live).values(secret=kept))
