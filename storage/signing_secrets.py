"""Signing secrets: shown once, several at a time, readable since they verify signatures."""

import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.values.secret_values import SIGNING_PREFIX
from storage.credential_limits import require_room
from storage.database import cipher_of
from storage.tables import signing_secrets

MAX_LIVE = 10
"""Of one store: a signature is compared with each."""

_BYTES = 24


@dataclass(frozen=True)
class NewSigningSecret:
    """A secret that was just made; `signing_secret` is never shown again."""

    signing_secret_id: str
    signing_secret: str = field(repr=False)


async def make(connection: AsyncConnection, store_id: str, now: datetime) -> NewSigningSecret:
    """Make a further signing secret for a store.

    Raises:
        CredentialLimitError: it has `MAX_LIVE` already.
    """
    await require_room(connection, store_id, _live(store_id), MAX_LIVE, "signing secrets")
    secret_id = secrets.token_hex(8)
    secret = SIGNING_PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode()
    await connection.execute(
        insert(signing_secrets).values(
            signing_secret_id=secret_id,
            store_id=store_id,
            secret=cipher_of(connection).seal(secret, store_id, field_of(secret_id)),
            created_at=now,
        )
    )
    return NewSigningSecret(secret_id, secret)


async def end(connection: AsyncConnection, store_id: str, secret_id: str, now: datetime) -> bool:
    """End a signing secret at once and forget it; False when this store has no such secret."""
    ended = await connection.execute(
        update(signing_secrets)
        .where(
            signing_secrets.c.store_id == store_id,
            signing_secrets.c.signing_secret_id == secret_id,
        )
        .values(ended_at=now, secret="")
        .returning(signing_secrets.c.signing_secret_id)
    )
    return ended.first() is not None


async def live(connection: AsyncConnection, store_id: str) -> list[str]:
    """The secrets of a store that have not ended; none of a store that does not exist.

    Raises:
        SecretCipherError: one cannot be opened.
    """
    cipher = cipher_of(connection)
    return [
        cipher.open(row["secret"], store_id, field_of(row["signing_secret_id"]))
        for row in (await connection.execute(_live(store_id))).mappings()
    ]


async def listed(connection: AsyncConnection, store_id: str) -> list[dict[str, object]]:
    """Ids and times of a store's secrets that have not ended, oldest first."""
    found = await connection.execute(_live(store_id))
    return [
        {name: row[name] for name in ("signing_secret_id", "created_at")}
        for row in found.mappings()
    ]


def field_of(secret_id: str) -> str:
    """The field that an encrypted secret is bound to."""
    return f"signing_secret.{secret_id}"


def _live(store_id: str) -> Select[tuple[str, str, datetime]]:
    columns = signing_secrets.c
    return (
        select(columns.signing_secret_id, columns.secret, columns.created_at)
        .where(columns.store_id == store_id, columns.ended_at.is_(None))
        .order_by(columns.created_at, columns.signing_secret_id)
    )
