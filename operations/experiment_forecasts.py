"""How long the answer of a holdout would take, with the store's numbers of late."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments.design import designs_of
from domain.experiments.planning import Setup, weeks_to_answer
from domain.experiments.sentences import PER, describe_plan
from domain.experiments.summary import ArmSummary
from domain.stores.config import StoreConfig
from domain.stores.warnings import ConfigWarning
from operations.experiment_models import Forecast
from operations.experiments import LIFT
from operations.order_totals import add_up
from storage import message_counts, order_credits
from storage.result_groups import By, group_of

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
    connection: AsyncConnection, store_id: str, config: StoreConfig, now: datetime
) -> dict[str, PlanNumbers]:
    """The numbers of each plan that has messages."""
    since = now - timedelta(weeks=WEEKS)
    people = await message_counts.people_messaged(connection, store_id, since, now)
    orders = await order_credits.in_period(connection, store_id, since, now)
    zone, window = config.timezone, config.attribution_window
    credit = add_up(orders, since, now, window, lambda row, _: group_of(row, By.PLAN, zone))
    bought = {group.plan or "": total.orders for group, total in credit.within_window.items()}
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
    connection: AsyncConnection, store_id: str, config: StoreConfig, now: datetime
) -> list[ConfigWarning]:
    """That a holdout would hold people out for long, and tell little."""
    if not any(design.holdout for design in designs_of(config).values()):
        return []
    numbers = await numbers_of(connection, store_id, config, now)
    return list(_warnings(config, numbers))


def _warnings(config: StoreConfig, numbers: dict[str, PlanNumbers]) -> Iterator[ConfigWarning]:
    for kind, design in designs_of(config).items():
        if not design.holdout:
            continue
        expected = forecast(kind, design.holdout, numbers[kind])
        if expected.weeks is None or expected.weeks > PATIENCE:
            yield ConfigWarning(
                path=("plans", kind, "holdout"),
                type="experiment_takes_long",
                message=f"{expected.said}: in the last {WEEKS} weeks {expected.people_per_week:.0f}"
                f" people a week came to a message, and {expected.orders_per_100:.1f} of 100"
                " ordered",
            )
