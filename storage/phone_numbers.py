"""Which stores have a phone number at Meta. Several stores may share one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import cipher_of
from storage.store_secrets import hash_key_of
from storage.tables import stores


@dataclass(frozen=True)
class StoreOfNumber:
    """What applying Meta's updates needs of a store."""

    store_id: str
    hash_key: str = field(repr=False)
    opt_out_words: tuple[str, ...]


async def stores_of(
    connection: AsyncConnection, phone_number_ids: Collection[str]
) -> dict[str, list[StoreOfNumber]]:
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
    found: defaultdict[str, list[StoreOfNumber]] = defaultdict(list)
    for row in (await connection.execute(query)).mappings():
        store_id, kept = row["store_id"], row["words"] or ()
        words = tuple(cipher.open(word, store_id, "config.opt_out_words") for word in kept)
        store = StoreOfNumber(store_id, hash_key_of(cipher, row), words)
        found[row["phone_number_id"]].append(store)
    return found
