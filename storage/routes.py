"""Which stores a number at Meta belongs to. Several may share one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import stores


@dataclass(frozen=True)
class Route:
    """A store, as far as what comes in at its number goes."""

    store_id: str
    hash_key: str
    opt_out_words: tuple[str, ...]


async def of(
    connection: AsyncConnection, phone_number_ids: Collection[str]
) -> dict[str, list[Route]]:
    """The stores of each number."""
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
    routes: defaultdict[str, list[Route]] = defaultdict(list)
    for number, store_id, hash_key, words in await connection.execute(query):
        routes[number].append(Route(store_id, hash_key, tuple(words or ())))
    return routes
