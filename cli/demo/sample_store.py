"""Writing the sample store into a database, once."""

from collections.abc import Sequence

from sqlalchemy import Table, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.demo.sample.history import SampleHistory, journey_rows
from cli.demo.sample.orders import Row
from cli.demo.sample.shop import PAUSED_BECAUSE, STORE_ID, SampleShop
from storage import stores
from storage.database import Database, cipher_of
from storage.result_tables import assignments, experiments, order_changes, order_people, orders
from storage.store_secrets import kept_hash_key
from storage.tables import inbox, journeys, messages, quarantine, suppressions
from storage.tables import stores as stores_table


async def add_sample_store(database: Database, history: SampleHistory) -> bool:
    """Add the sample store with its history, paused from the beginning.

    Args:
        database: of this version's schema.
        history: what happened in it.

    Returns:
        Whether it was added: False where it exists. No other store is touched.
    """
    tables = _tables(history)
    async with database.transaction(long=True) as connection:
        if await stores.get(connection, STORE_ID) is not None:
            return False
        await _add_store(connection, history.shop)
        for table, rows in tables:
            if rows:
                await connection.execute(insert(table), rows)
        await connection.execute(text("ANALYZE"))  # SQLite knows no sizes of tables before
    return True


async def _add_store(connection: AsyncConnection, shop: SampleShop) -> None:
    """Create the store as it was when its history began, with its experiment, and pause it."""
    experiment = shop.experiment
    await stores.put(connection, STORE_ID, shop.config, experiment.started_at)
    await stores.pause(connection, STORE_ID, shop.now, PAUSED_BECAUSE)
    kept = kept_hash_key(cipher_of(connection), STORE_ID, shop.hash_key)
    own_store, own_experiment = stores_table.c.store_id, experiments.c.store_id
    await connection.execute(update(stores_table).where(own_store == STORE_ID).values(**kept))
    await connection.execute(
        update(experiments)
        .where(own_experiment == STORE_ID)
        .values(experiment_id=experiment.experiment_id)
    )


def _tables(history: SampleHistory) -> Sequence[tuple[Table, list[Row]]]:
    return (
        (journeys, list(journey_rows(history))),
        (messages, history.messages),
        (assignments, list(history.assignments.values())),
        (suppressions, list(history.suppressions.values())),
        (orders, history.orders.orders),
        (order_people, history.orders.people),
        (order_changes, history.orders.changes),
        (inbox, history.inbox),
        (quarantine, history.quarantine),
    )
