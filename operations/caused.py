"""What a plan's messages caused, for the rows of results that have a holdout behind them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments.design import MESSAGED
from domain.experiments.sentences import describe_wait
from domain.stores.config import StoreConfig
from domain.stores.plans import HOLDOUT
from operations.experiment_pairs import Measured, Pair, compare, measure, split_of
from operations.experiments import times
from operations.result_models import ResultRow
from storage import experiments
from storage.experiments import Experiment
from storage.result_groups import By

BECAUSE: Final[Mapping[By, str]] = {
    By.DAY: "a holdout compares people, not days",
    By.STEP: "a holdout gets none of a plan's messages: it says nothing of a single step",
    By.TEMPLATE: "a holdout gets none of a plan's messages: it says nothing of a single template",
}
"""Why nothing is known to be caused by what a row is about."""

NO_HOLDOUT: Final = "no holdout of this plan ran in the period"
NO_SUCH_VARIANT: Final = "no holdout of this variant ran in the period"
NO_PEOPLE: Final = "no one came to the first message in the period"
BY_DELAY: Final = "the variants differ in delays: they are compared with each other alone"


async def add_caused(  # noqa: PLR0913  # what a row of results depends on
    connection: AsyncConnection,
    store_id: str,
    config: StoreConfig,
    rows: Sequence[ResultRow],
    *,
    by: By,
    start: datetime,
    end: datetime,
    now: datetime | None,
) -> None:
    """Add to each row what it caused, or why that is not known."""
    if by in BECAUSE:
        for row in rows:
            row.incremental_because = BECAUSE[by]
        return
    at = end if now is None else min(end, now)  # nothing is followed into the future
    listed = await experiments.listed(connection, store_id)
    measured = {
        each.kind: await measure(connection, store_id, each, at)
        for each in reversed(listed)
        if each.design.holdout and _ran_in(each, start, end)
    }
    for row in rows:
        known = measured.get(row.plan or "")
        if known is None:
            row.incremental_because = _without(row, config, measured)
        else:
            _add(row, known, _arm_of(row, by, known), start)


def _ran_in(experiment: Experiment, start: datetime, end: datetime) -> bool:
    return experiment.started_at < end and (experiment.ended_at or end) > start


def _without(row: ResultRow, config: StoreConfig, measured: Mapping[str, Measured]) -> str:
    """Why there is no experiment behind a row."""
    plan = config.plan_kind(row.plan or "")
    shared = plan != row.plan and plan in measured
    return f"it follows the plan of {plan}: see there" if shared else NO_HOLDOUT


def _arm_of(row: ResultRow, by: By, known: Measured) -> str | None:
    """The arm that a row is about; None: messages from before the experiment's variants."""
    return row.variant if by is By.VARIANT and known.design.variants else MESSAGED


def _add(row: ResultRow, known: Measured, arm: str | None, start: datetime) -> None:
    pair = next(
        (each for each in known.pairs() if (each.arm, each.against) == (arm, HOLDOUT)), None
    )
    if pair is None:
        row.incremental_because = BY_DELAY if known.design.timing else NO_SUCH_VARIANT
        return
    row.experiment_id = known.stored.experiment_id
    split = split_of(known)
    if split.said is not None:
        row.incremental_because = split.said
    else:
        _add_estimates(row, known, pair, start)


def _add_estimates(row: ResultRow, known: Measured, pair: Pair, start: datetime) -> None:
    """The difference per person in the whole experiment, times those who entered in the period."""
    people = known.claimed.entered_between(pair.arms, start, known.at)
    if not people:
        row.incremental_because = NO_PEOPLE
        return
    found = compare(pair, pair.orders(known.at), known)
    if found.interval is None:
        row.incremental_because = describe_wait(found.weeks_to_go)
        return
    row.orders.incremental = times(found.interval, people)
    row.revenue.incremental = {}
    for currency in pair.population.currencies():
        interval = compare(pair, pair.revenue(currency, known.at), known).interval
        if interval is not None:
            row.revenue.incremental[currency] = times(interval, people)
