"""Which stores have a phone number at Meta. Several stores may share one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import stores


@dataclass(frozen=True)
class StoreOfNumber:
    """What applying Meta's updates needs of a store."""

    store_id: str
    hash_key: str
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
            stores.c.config["opt_out_words"].label("words"),
        )
        .where(stores.c.phone_number_id.in_(phone_number_ids))
        .order_by(stores.c.store_id)
    )
    found: defaultdict[str, list[StoreOfNumber]] = defaultdict(list)
    for number, store_id, hash_key, words in await connection.execute(query):
        found[number].append(StoreOfNumber(store_id, hash_key, tuple(words or ())))
    return found
