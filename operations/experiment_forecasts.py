"""How long the answer of a holdout would take, with the store's numbers of late."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.experiments.design import designs_of
from domain.experiments.planning import Setup, weeks_to_answer
from domain.experiments.sentences import PER, describe_plan
from domain.experiments.summary import ArmSummary
from domain.results.facts import WITHIN_WINDOW
from domain.stores.config import StoreConfig
from domain.stores.warnings import ConfigWarning
from operations.experiment_models import Forecast
from operations.experiment_pairs import LIFT
from operations.rollup import facts_by_day
from storage import message_counts
from storage.database import Database
from storage.stores import Store

SHARES: Final = (0.05, 0.1, 0.2, 0.5)
"""How many people may be held out, to choose from."""

WEEKS: Final = 4
"""Of the past, from which the numbers are."""

PATIENCE: Final = 26
"""Weeks. An operator is warned of an answer that takes longer."""


@dataclass(frozen=True)
class PlanNumbers:
    """What a plan came to in the last four weeks."""

    people: int = 0
    """Whose messages came to a claim."""
    orders: int = 0
    """Of them, within the window after a message."""

    @property
    def rate(self) -> float:
        """Orders per person, which stands for those without a message until there is a holdout."""
        return min(self.orders / self.people, 1.0) if self.people else 0.0

    @property
    def people_per_week(self) -> float:
        """People in a week."""
        return self.people / WEEKS


async def numbers_of(
    database: Database, store: Store, config: StoreConfig, now: datetime
) -> dict[str, PlanNumbers]:
    """The numbers of each plan of a configuration that has messages.

    Args:
        database: has the store's messages and orders.
        store: whose numbers.
        config: of the store, or to be the store's.
        now: the time.
    """
    since = now - timedelta(weeks=WEEKS)
    async with database.reading(long=True) as connection:
        people = await message_counts.people_messaged(connection, store.store_id, since, now)
    bought = Counter[str]()
    for facts in (await facts_by_day(database, store, since, now, now)).values():
        for subject, found in facts.items():
            bought[subject.kind or ""] += found[f"{WITHIN_WINDOW}:orders"]
    return {
        kind: PlanNumbers(_of_kind(config, kind, people), _of_kind(config, kind, bought))
        for kind, plan in config.plans.items()
        if plan.has_messages
    }


def _of_kind(config: StoreConfig, kind: str, counts: Mapping[str, int]) -> int:
    """The counts of all triggers that follow a plan: checkouts may follow that of carts."""
    return sum(n for each, n in counts.items() if config.plan_kind(each) == kind)


def forecast(plan: str, held_out: float, numbers: PlanNumbers) -> Forecast:
    """How long an answer takes that finds a quarter more orders."""
    base = ArmSummary.assumed(numbers.rate)
    lifted = ArmSummary.assumed(min(numbers.rate * (1 + LIFT), 1.0))
    wanted, per_week = numbers.rate * LIFT, numbers.people_per_week
    weeks = weeks_to_answer(lifted, base, wanted, Setup(held_out), per_week)
    return Forecast(
        plan=plan,
        holdout=held_out,
        people_per_week=per_week,
        orders_per_100=numbers.rate * PER,
        weeks=weeks,
        said=describe_plan(weeks),
    )


async def warnings_of(
    database: Database, store: Store | None, config: StoreConfig, now: datetime
) -> list[ConfigWarning]:
    """That a holdout would hold people out for long, and tell little. None: a new store."""
    if not any(design.holdout for design in designs_of(config).values()):
        return []
    numbers = {} if store is None else await numbers_of(database, store, config, now)
    return list(_warnings(config, numbers))


def _warnings(config: StoreConfig, numbers: Mapping[str, PlanNumbers]) -> Iterator[ConfigWarning]:
    for kind, design in designs_of(config).items():
        if not design.holdout:
            continue
        expected = forecast(kind, design.holdout, numbers.get(kind, PlanNumbers()))
        if expected.weeks is None or expected.weeks > PATIENCE:
            yield ConfigWarning(
                path=("plans", kind, "holdout"),
                type="experiment_takes_long",
                message=f"{expected.said}: in the last {WEEKS} weeks {expected.people_per_week:.0f}"
                f" people a week came to a message, and {expected.orders_per_100:.1f} of 100"
                " ordered",
            )
