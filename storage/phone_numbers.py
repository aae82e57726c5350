"""Which stores have a phone number at Meta. Several stores may share one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import cipher_of
from storage.secret_cipher import SecretCipher, SecretCipherError
from storage.store_secrets import hash_key_of
from storage.tables import stores


@dataclass(frozen=True)
class StoreOfNumber:
    """What applying Meta's updates needs of a store."""

    store_id: str
    hash_key: str = field(repr=False)
    opt_out_words: tuple[str, ...]


@dataclass
class StoresOfNumber:
    """The stores that a phone number is of."""

    stores: list[StoreOfNumber] = field(default_factory=list)
    sealed: SecretCipherError | None = None
    """Why a store is not among them: its secrets cannot be opened."""


async def stores_of(
    connection: AsyncConnection, phone_number_ids: Collection[str]
) -> dict[str, StoresOfNumber]:
    """The stores of each phone number; numbers without a store are left out."""
    query = (
        select(
            stores.c.phone_number_id,
            stores.c.store_id,
            stores.c.hash_key,
            stores.c.sealed_hash_key,
            stores.c.config["opt_out_words"].label("words"),
        )
        .where(stores.c.phone_number_id.in_(phone_number_ids))
        .order_by(stores.c.store_id)
    )
    cipher = cipher_of(connection)
    found: defaultdict[str, StoresOfNumber] = defaultdict(StoresOfNumber)
    for row in (await connection.execute(query)).mappings():
        of_number = found[row["phone_number_id"]]
        try:
            of_number.stores.append(_opened(cipher, row))
        except SecretCipherError as error:
            of_number.sealed = error
    return found


def _opened(cipher: SecretCipher, row: RowMapping) -> StoreOfNumber:
    store_id, kept = row["store_id"], row["words"] or ()
    words = tuple(cipher.open(word, store_id, "config.opt_out_words") for word in kept)
    return StoreOfNumber(store_id, hash_key_of(cipher, row), words)
