"""Experiments looked at each day: `python -m benchmarks.experiments [--full]`.

A/A experiments, in which messages do nothing: 60 days of 40 shoppers, orders of 10 % in both arms,
log-normal amounts. A false alarm is an experiment that shows a difference on any day. Then
experiments with a true effect, 10 to 15 %, over 150 days: how many have shown it by when. Seeds are
fixed. Exit code 1: false alarms, or too few effects found, beyond two standard errors.

Reference: a z-test that is looked at as often.
"""

import asyncio
import sys
from argparse import Namespace
from math import sqrt
from typing import Final

from rich.console import Console

from benchmarks.databases import BenchmarkDatabase
from benchmarks.experiment_run import METHODS, SHOPPERS_PER_DAY, Setting
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, Curve, Figure, cumulative
from domain.experiments.planning import POWER, Setup, shoppers_needed, shoppers_to_answer
from domain.experiments.summary import ArmSummary

HELD_OUT: Final = (0.05, 0.1, 0.2, 0.5)
BASE_RATE, LIFTED_RATE = 0.1, 0.15
DAYS, LONG_DAYS = 60, 150

MAX_FALSE_ALARMS: Final = {"orders": 0.05, "revenue": 0.06}
MIN_FOUND: Final = {(0.2, 2_400): 0.69, (0.2, 6_000): 0.97, (0.5, 2_400): 0.83, (0.5, 6_000): 0.99}
"""By the share held out and the shoppers, in another simulation of as many experiments, without a
minimum of orders. So the two standard errors are those of a difference of two simulations."""

FALSE_ALARMS: Final = "false alarms, {}"
FOUND: Final = "found after {:,}"
FOUND_AS_PLANNED: Final = "found after as many as planned"


def command() -> Command:
    """The command line."""
    axes = ("day", "experiments that have shown a difference")
    experiments = Command("experiments", __doc__, axes=axes, on_databases=False)
    experiments.number("--experiments", small=1_000, full=10_000, meaning="of each kind")
    return experiments


async def measure(_database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Play all experiments, a case for each share that is held out."""
    return [await play(held_out, arguments.experiments) for held_out in HELD_OUT]


async def play(held_out: float, experiments: int) -> Case:
    """Play experiments without and with an effect."""
    alarms, alarm_curve = await _false_alarms(held_out, experiments)
    found, found_curve = await _found(held_out, experiments)
    curves = [alarm_curve, found_curve]
    return Case(name=f"{held_out:.0%} held out", figures=[*alarms, *found], curves=curves)


async def _first_days(
    setting: Setting, experiments: int, methods: tuple[str, ...]
) -> list[dict[str, int]]:
    found = []
    for number in range(experiments):
        found.append(setting.first_days(f"{setting} {number}", methods))
        await asyncio.sleep(0)  # SIGTERM ends it here
    return found


async def _false_alarms(held_out: float, experiments: int) -> tuple[list[Figure], Curve]:
    setting = Setting(held_out, BASE_RATE, BASE_RATE, DAYS)
    first_days = await _first_days(setting, experiments, tuple(METHODS))
    figures = [
        _percent(FALSE_ALARMS.format(name), sum(name in each for each in first_days), experiments)
        for name in METHODS
    ]
    return figures, _curve("10 to 10 %, orders", first_days)


async def _found(held_out: float, experiments: int) -> tuple[list[Figure], Curve]:
    setting = Setting(held_out, BASE_RATE, LIFTED_RATE, LONG_DAYS)
    first_days = await _first_days(setting, experiments, ("orders",))
    planned = planned_shoppers(held_out)
    looks = {FOUND.format(shoppers): shoppers for shoppers in (2_400, 6_000)}
    if planned <= LONG_DAYS * SHOPPERS_PER_DAY:
        looks[FOUND_AS_PLANNED] = planned
    figures = [
        _percent(name, _shown_by(first_days, shoppers), experiments)
        for name, shoppers in looks.items()
    ]
    fixed = shoppers_needed(BASE_RATE, LIFTED_RATE, held_out)
    counts = [
        Figure(name="planned, any day", value=planned, unit="shoppers"),
        Figure(name="planned, one fixed day", value=fixed, unit="shoppers"),
    ]
    return [*figures, *counts], _curve("10 to 15 %, orders", first_days)


def planned_shoppers(held_out: float) -> int:
    """What planning says that the effect needs."""
    treated, control = ArmSummary.assumed(LIFTED_RATE), ArmSummary.assumed(BASE_RATE)
    wanted = LIFTED_RATE - BASE_RATE
    return shoppers_to_answer(treated, control, wanted, Setup(held_out)) or 0


def _shown_by(first_days: list[dict[str, int]], shoppers: int) -> int:
    last = shoppers // SHOPPERS_PER_DAY
    return sum("orders" in each and each["orders"] <= last for each in first_days)


def _curve(name: str, first_days: list[dict[str, int]]) -> Curve:
    return cumulative(name, [each["orders"] for each in first_days if "orders" in each])


def _percent(name: str, count: int, experiments: int) -> Figure:
    return Figure(name=name, value=100 * count / experiments, unit="% of experiments")


def out_of_bounds(held_out: float, case: Case, experiments: int) -> list[str]:
    """What is further from what should be than two standard errors."""

    def slack(share: float, simulations: int = 1) -> float:
        return 2 * sqrt(simulations * share * (1 - share) / experiments)

    highest = {FALSE_ALARMS.format(name): share for name, share in MAX_FALSE_ALARMS.items()}
    lowest = {FOUND.format(key[1]): share for key, share in MIN_FOUND.items() if key[0] == held_out}
    shares = {figure.name: figure.value / 100 for figure in case.figures}
    if FOUND_AS_PLANNED in shares:
        lowest[FOUND_AS_PLANNED] = POWER
    wrong = [name for name, most in highest.items() if shares[name] > most + slack(most)]
    missed = [name for name, least in lowest.items() if shares[name] < least - slack(least, 2)]
    return [f"{case.name}: {name}, {shares[name]:.1%}" for name in [*wrong, *missed]]


def main() -> bool:
    """Play, print, and write the files; whether all is within bounds."""
    result = command().run(measure)
    wrong = [
        told
        for held_out, case in zip(HELD_OUT, result.cases, strict=True)
        for told in out_of_bounds(held_out, case, int(result.parameters["experiments"]))
    ]
    for told in wrong:
        Console().print(f"out of bounds: {told}")
    return not wrong


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
