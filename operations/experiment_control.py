"""Starting and ending an experiment: a plan's holdout is set, and the rest of it stays."""

from datetime import datetime

from domain.stores.config import StoreConfig
from storage import stores
from storage.database import Database, lock
from storage.stores import Store


class NoSuchPlanError(Exception):
    """The store has no plan with messages for this kind of event."""


async def set_holdout(
    database: Database, store_id: str, plan: str, share: float, now: datetime
) -> None:
    """Hold a share of a plan's people out from now on; 0 ends it.

    Args:
        database: to change.
        store_id: whose plan.
        plan: its kind of event.
        share: of people, from 0 to 0.9.
        now: the time.

    Raises:
        NoSuchPlanError: the store has no such plan.
    """
    async with database.transaction() as connection:
        await lock(connection, "store", store_id)
        store: Store = await stores.existing(connection, store_id)
        await stores.put(connection, store_id, _with_holdout(store.config, plan, share), now)


def _with_holdout(config: StoreConfig, kind: str, share: float) -> StoreConfig:
    plan = config.plans.get(kind)
    if plan is None or not plan.has_messages:
        raise NoSuchPlanError
    changed = plan.model_copy(update={"holdout": share})
    return config.model_copy(update={"plans": {**config.plans, kind: changed}})
