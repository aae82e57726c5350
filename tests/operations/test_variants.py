"""Variants beside each other and beside the holdout, and what is told before there is one."""

from dataclasses import replace

from operations.caused import NO_SUCH_VARIANT
from storage.database import Database
from storage.result_groups import By
from storage.tables import messages
from tests.operations.known_effects import END, found, held_out_store, listed, orders, results
from tests.operations.people_of_experiments import (
    DAY,
    PEOPLE,
    START,
    STEP,
    Person,
    drawn,
    with_plan,
)


async def test_variants_of_other_delays_are_compared_over_everybody(database: Database) -> None:
    late = {**STEP, "after": "24h"}
    variants = {"soon": {"steps": [STEP]}, "late": {"steps": [late]}}
    shoppers = await with_plan(database, variants=variants)
    people = drawn(shoppers, 0.1, 0.1)
    better = [
        replace(each, orders_after=DAY) if each.variant == "soon" and each.number % 5 == 0 else each
        for each in people
    ]
    await shoppers.write(better, at_plan=True)
    experiment = await found(shoppers)
    assert experiment.variants_assigned_at == "plan"
    assert sum(arm.people for arm in experiment.arms) == PEOPLE
    told = orders(experiment, "soon", "late")
    assert told.difference is not None
    assert told.difference.low > 0
    rows = (await results(shoppers, By.VARIANT)).rows
    assert {each.incremental_because for each in rows} == {
        "no holdout of this plan ran in the period"
    }


async def test_variants_are_compared_with_the_holdout_one_by_one(database: Database) -> None:
    other = {**STEP, "template": "other"}
    variants = {"a": {"steps": [STEP]}, "b": {"steps": [other]}}
    shoppers = await with_plan(database, holdout=0.4, variants=variants)
    await shoppers.write(drawn(shoppers, 0.3, 0.1))
    earlier = Person(PEOPLE, START, held_out=False)
    await shoppers.insert(messages, [shoppers.message(earlier)])
    before, *of_variants = (await results(shoppers, By.VARIANT)).rows
    assert [each.variant for each in of_variants] == ["a", "b"]
    for each in of_variants:
        assert each.orders.incremental is not None
        assert each.orders.incremental.low > 0
    assert (before.variant, before.orders.incremental) == (None, None)
    assert before.incremental_because == NO_SUCH_VARIANT


async def test_before_a_holdout_it_is_told_how_long_an_answer_takes(database: Database) -> None:
    shoppers = await with_plan(database, steps=[STEP])
    people = [
        Person(
            number, END - 20 * DAY, held_out=False, orders_after=DAY if number % 5 == 0 else None
        )
        for number in range(2000)
    ]
    kinds = ("cart_update", "checkout_initiated")
    rows = [shoppers.message(each, kinds[each.number % 2]) for each in people]
    await shoppers.write_orders(people)
    await shoppers.insert(messages, rows)
    await shoppers.analyze()
    forecasts = (await listed(shoppers)).forecasts
    assert [each.holdout for each in forecasts] == [0.05, 0.1, 0.2, 0.5]
    assert {each.people_per_week for each in forecasts} == {500}
    assert {each.orders_per_100 for each in forecasts} == {20}
    weeks = [each.weeks for each in forecasts if each.weeks is not None]
    assert weeks == sorted(weeks, reverse=True)
    assert len(weeks) == 4
    assert forecasts[-1].said == f"an answer takes about {-int(-weeks[-1] // 1)} weeks"


async def test_a_plan_whose_holdout_runs_needs_no_forecast(database: Database) -> None:
    shoppers = await held_out_store(database)
    assert (await listed(shoppers)).forecasts == []
