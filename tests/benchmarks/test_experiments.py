import asyncio

import pytest

from benchmarks.experiment_run import METHODS, Setting
from benchmarks.experiments import out_of_bounds, play
from benchmarks.measure.results import Case, Figure

EXPERIMENTS = 40


@pytest.fixture(scope="module")
def played() -> Case:
    return asyncio.run(play(0.2, EXPERIMENTS))


def test_a_few_experiments_are_within_bounds(played: Case) -> None:
    assert out_of_bounds(0.2, played, EXPERIMENTS) == []


def test_an_effect_is_found_and_its_absence_is_not(played: Case) -> None:
    assert played.value("found after 6,000") > 90
    assert played.value("found after 6,000") > played.value("found after 2,400")
    assert played.value("false alarms, orders") < 10


def test_a_test_for_a_fixed_day_raises_more_false_alarms(played: Case) -> None:
    for metric in ("orders", "revenue"):
        exact = played.value(f"false alarms, {metric}")
        assert played.value(f"false alarms, {metric}, z-test") > exact
        assert played.value(f"false alarms, {metric}, no minimum") >= exact


def test_the_same_seed_plays_the_same_experiment() -> None:
    setting = Setting(held_out=0.2, base_rate=0.1, lifted_rate=0.3, days=30)
    first, again = (setting.first_days("seed", tuple(METHODS)) for _ in range(2))

    assert first == again
    assert first["orders"] <= 30


def test_what_is_out_of_bounds_is_named(played: Case) -> None:
    wrong = {"false alarms, revenue": 30.0, "found after 2,400": 20.0}
    figures = [
        Figure(name=each.name, value=wrong.get(each.name, each.value), unit=each.unit)
        for each in played.figures
    ]

    assert out_of_bounds(0.2, Case(name="20% held out", figures=figures), EXPERIMENTS) == [
        "20% held out: false alarms, revenue, 30.0%",
        "20% held out: found after 2,400, 20.0%",
    ]
