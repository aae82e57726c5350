"""All experiments of a store, and what one would take that is not there yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.experiments.planning import Setup, weeks_to_answer
from domain.experiments.sentences import PER, describe_plan
from domain.experiments.summary import ArmSummary
from domain.results.facts import WITHIN_WINDOW, total
from operations.experiment_models import Experiments, Forecast
from operations.experiments import LIFT, measure, report
from operations.rollup import facts_by_day
from storage import experiments, message_counts
from storage.database import Database
from storage.stores import Store

SHARES: Final = (0.05, 0.1, 0.2, 0.5)
"""How many people may be held out, to choose from."""

_WEEKS: Final = 4


async def experiments_of(database: Database, store: Store, now: datetime) -> Experiments:
    """A store's experiments as known now, the newest first, and forecasts for plans without one."""
    async with database.reading(long=True) as connection:
        listed = await experiments.listed(connection, store.store_id)
        measured = [await measure(connection, store.store_id, each, now) for each in listed]
    running = {each.kind for each in listed if each.ended_at is None and each.design.holdout}
    kinds = [
        kind
        for kind, plan in store.config.plans.items()
        if plan.has_messages and kind not in running
    ]
    forecasts = await _forecasts(database, store, kinds, now) if kinds else []
    return Experiments(experiments=[report(each) for each in measured], forecasts=forecasts)


async def _forecasts(
    database: Database, store: Store, kinds: Sequence[str], now: datetime
) -> list[Forecast]:
    """With the store's numbers of the last four weeks."""
    since = now - timedelta(weeks=_WEEKS)
    async with database.reading(long=True) as connection:
        people = await message_counts.people_messaged(connection, store.store_id, since, now)
    days = await facts_by_day(database, store, since, now, now)
    credited = Counter[str | None]()
    for subject, found in total(days.values()).items():
        credited[subject.kind] += found[f"{WITHIN_WINDOW}:orders"]
    return [each for kind in kinds for each in _of_plan(kind, people.get(kind, 0), credited[kind])]


def _of_plan(kind: str, people: int, orders: int) -> Iterator[Forecast]:
    rate = min(orders / people, 1.0) if people else 0.0
    base = ArmSummary.assumed(rate)
    lifted = ArmSummary.assumed(min(rate * (1 + LIFT), 1.0))
    per_week = people / _WEEKS
    for share in SHARES:
        weeks = weeks_to_answer(lifted, base, rate * LIFT, Setup(share), per_week)
        yield Forecast(
            plan=kind,
            holdout=share,
            people_per_week=per_week,
            orders_per_100=rate * PER,
            weeks=weeks,
            said=describe_plan(weeks),
        )
