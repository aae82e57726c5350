"""What is told of people whose true effect is known."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from operations.experiment_list import experiments_of
from operations.experiment_models import Difference, Experiment, Experiments
from operations.result_models import ResultRow, Results
from operations.results import results_of
from storage.database import Database
from storage.result_groups import By
from tests.operations.people_of_experiments import DAY, START, STEP, Shoppers, drawn, with_plan

END: Final = START + 60 * DAY


async def found(shoppers: Shoppers, at: datetime = END) -> Experiment:
    (only,) = (await listed(shoppers, at)).experiments
    return only


async def listed(shoppers: Shoppers, at: datetime = END) -> Experiments:
    return await experiments_of(shoppers.database, shoppers.store, at)


async def results(shoppers: Shoppers, by: By = By.PLAN, start: datetime = START) -> Results:
    return await results_of(shoppers.database, shoppers.store, by, start, END)


async def row(shoppers: Shoppers, start: datetime = START) -> ResultRow:
    (only,) = (await results(shoppers, start=start)).rows
    return only


def orders(experiment: Experiment, arm: str, against: str) -> Difference:
    (only,) = (
        each
        for each in experiment.differences
        if (each.measure, each.arm, each.against) == ("orders", arm, against)
    )
    return only


async def held_out_store(
    database: Database, rate_with: float = 0.2, rate_without: float = 0.1
) -> Shoppers:
    """2,000 people, half of them held out."""
    shoppers = await with_plan(database, holdout=0.5, steps=[STEP])
    people = drawn(shoppers, rate_with, rate_without)
    await shoppers.write(people)
    return replace(shoppers, people=people)
