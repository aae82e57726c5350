"""Experiments whose true effect is known: what is told of them, and what is not."""

from datetime import timedelta

from storage.database import Database
from storage.result_groups import By
from storage.result_tables import order_people
from tests.operations.known_effects import found, held_out_store, orders, results, row
from tests.operations.people_of_experiments import (
    DAY,
    PEOPLE,
    START,
    STEP,
    Person,
    drawn,
    with_plan,
)


async def test_an_effect_that_is_there_is_found(database: Database) -> None:
    shoppers = await held_out_store(database)
    experiment = await found(shoppers)
    told = orders(experiment, "messaged", "holdout")
    assert told.difference is not None
    assert 0 < told.difference.low < 10 < told.difference.high
    assert told.said.startswith("orders per 100 shoppers: ")
    counted = {arm.arm: (arm.people, arm.orders) for arm in experiment.arms}
    assert counted == {
        name: (len(arm), sum(each.orders_after is not None for each in arm))
        for name, arm in (
            ("holdout", [each for each in shoppers.people if each.held_out]),
            ("messaged", [each for each in shoppers.people if not each.held_out]),
        )
    }
    assert experiment.split.as_it_should_be
    revenue = experiment.differences[1]
    assert (revenue.measure, revenue.currency) == ("revenue", "INR")
    assert revenue.difference is not None
    assert 0 < revenue.difference.low < 1000 < revenue.difference.high


async def test_results_tell_what_the_messages_caused(database: Database) -> None:
    shoppers = await held_out_store(database)
    messaged = sum(not each.held_out for each in shoppers.people)
    told = await row(shoppers)
    caused = told.orders.incremental
    assert caused is not None
    assert 0 < caused.low < 0.1 * messaged < caused.high
    assert (told.messaged, told.withheld) == (messaged, PEOPLE - messaged)
    assert told.orders.within_window > 1.3 * caused.estimate  # half would have ordered anyway
    assert told.revenue.incremental is not None
    assert told.revenue.incremental["INR"].low > 0
    assert told.incremental_because is None


async def test_what_was_caused_is_that_of_the_people_of_the_period(database: Database) -> None:
    shoppers = await held_out_store(database)
    start = START + 21 * DAY  # half of the people came before
    whole, half = await row(shoppers), await row(shoppers, start)
    assert whole.orders.incremental is not None
    assert half.orders.incremental is not None
    ratio = half.orders.incremental.estimate / whole.orders.incremental.estimate
    assert abs(ratio - half.messaged / whole.messaged) < 0.01


async def test_no_effect_is_found_where_there_is_none(database: Database) -> None:
    shoppers = await held_out_store(database, 0.1, 0.1)
    told = orders(await found(shoppers), "messaged", "holdout")
    assert told.difference is not None
    assert told.difference.low < 0 < told.difference.high
    caused = (await row(shoppers)).orders.incremental
    assert caused is not None
    assert caused.low < 0 < caused.high


async def test_the_result_is_hidden_if_the_split_is_wrong(database: Database) -> None:
    shoppers = await with_plan(database, holdout=0.5, steps=[STEP])
    people = drawn(shoppers, 0.2, 0.1)
    await shoppers.write([each for each in people if not (each.held_out and each.number % 3 == 0)])
    experiment, told = await found(shoppers), await row(shoppers)
    assert not experiment.split.as_it_should_be
    assert experiment.said.startswith("the split is not as it should be (holdout: ")
    assert [each.difference for each in experiment.differences] == [None, None]
    assert experiment.over_time == []
    assert (told.orders.incremental, told.revenue.incremental) == (None, None)
    assert told.incremental_because == experiment.said


async def test_a_young_experiment_is_not_known_yet(database: Database) -> None:
    shoppers = await held_out_store(database)
    experiment = await found(shoppers, START + 5 * DAY)
    told = orders(experiment, "messaged", "holdout")
    assert told.difference is None
    assert told.said.startswith("not known yet")
    assert (
        0
        < sum(arm.followed for arm in experiment.arms)
        < sum(arm.people for arm in experiment.arms)
    )


async def test_orders_after_the_time_that_is_followed_do_not_count(database: Database) -> None:
    shoppers = await with_plan(database, holdout=0.5, steps=[STEP])
    assert shoppers.experiment is not None
    last = shoppers.experiment.followed_for
    assert last == 3 * DAY
    times = [timedelta(0), last, last + timedelta(seconds=1), -timedelta(seconds=1), None]
    people = [
        Person(number, START + DAY, held_out=number % 2 == 0, orders_after=after)
        for number, after in enumerate(times * 2)
    ]
    await shoppers.write(people)
    assert [(arm.people, arm.orders) for arm in (await found(shoppers)).arms] == [(5, 2), (5, 2)]


async def test_two_ids_of_one_person_count_once(database: Database) -> None:
    shoppers = await with_plan(database, holdout=0.5, steps=[STEP])
    buyer = Person(1, START + DAY, held_out=False, orders_after=DAY)
    await shoppers.write([buyer, Person(2, START + DAY, held_out=True)])
    await shoppers.insert(order_people, [shoppers.buyer(buyer, "another-id")])
    assert [(arm.people, arm.orders) for arm in (await found(shoppers)).arms] == [(1, 0), (1, 1)]


async def test_nothing_is_said_of_steps_templates_and_days(database: Database) -> None:
    shoppers = await held_out_store(database)
    for by in (By.STEP, By.TEMPLATE, By.DAY):
        for each in (await results(shoppers, by)).rows:
            assert each.orders.incremental is None
            assert each.incremental_because is not None
            assert each.incremental_because.startswith("a holdout ")
