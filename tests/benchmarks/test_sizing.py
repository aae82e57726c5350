"""The reckoning of `docs/scaling.md` follows from its constants."""

from pathlib import Path

import pytest

from benchmarks.sizing import Actions, Costs, Load, history_shards, kept, price_of, reckoned

SCALING = (Path(__file__).parents[2] / "docs/scaling.md").read_text(encoding="utf-8")
PEAK = Load(events_per_second=1400)


def test_processes_are_enough_for_the_rate_and_no_busier_than_planned() -> None:
    needed = reckoned(PEAK, Costs(api_event=1.5, api_delivery=0.5, worker_journey=30))
    assert needed["API processes"] == 5  # 2.8 processors, 60 % busy
    assert needed["worker processes"] == 18  # 10.5


def test_an_idle_system_has_one_process_of_each() -> None:
    needed = reckoned(Load(events_per_second=0), Costs())
    assert (needed["API processes"], needed["worker processes"]) == (1, 1)


@pytest.mark.parametrize(("millions", "dollars"), [(0, 0), (5, 250), (11.25, 525), (300, 8_425)])
def test_price_is_that_of_the_tiers(millions: float, dollars: float) -> None:
    assert price_of(millions) == dollars


def test_fairness_adds_to_every_action() -> None:
    assert Actions(fairness=0).billed == 11
    assert Actions(fairness=0.1).billed == pytest.approx(12.1)


@pytest.mark.parametrize(("open_journeys", "shards"), [(1, 1), (5_001, 2), (6_048_000, 2048)])
def test_history_shards_are_a_power_of_two(open_journeys: float, shards: int) -> None:
    assert history_shards(open_journeys) == shards


def test_the_document_has_what_the_command_prints() -> None:
    at_peak = reckoned(PEAK, Costs())
    rows = [
        *(f"| {name} | {each:,.0f} | {at_peak[name]:,.0f} |" for name, each in _average().items()),
        *(f"| {name} | {shown(each)} |" for name, each in kept(Load(), Costs()).items()),
    ]
    assert [row for row in rows if row not in SCALING] == []


def _average() -> dict[str, float]:
    return reckoned(Load(), Costs())


def shown(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
