"""All experiments of a store, and what one would take that is not there yet."""

from datetime import datetime

from operations.experiment_forecasts import SHARES, forecast, numbers_of
from operations.experiment_models import Experiments
from operations.experiment_pairs import measure
from operations.experiments import report
from storage import experiments
from storage.database import Database
from storage.stores import Store


async def experiments_of(database: Database, store: Store, now: datetime) -> Experiments:
    """A store's experiments as known now, the newest first, and forecasts for plans without one."""
    async with database.reading(long=True) as connection:
        listed = await experiments.listed(connection, store.store_id)
        measured = [await measure(connection, store.store_id, each, now) for each in listed]
    numbers = await numbers_of(database, store, store.config, now)
    running = {each.kind for each in listed if each.ended_at is None and each.design.holdout}
    forecasts = [
        forecast(kind, share, known)
        for kind, known in numbers.items()
        if kind not in running
        for share in SHARES
    ]
    return Experiments(experiments=[report(each) for each in measured], forecasts=forecasts)
