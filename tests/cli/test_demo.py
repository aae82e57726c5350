import asyncio
from pathlib import Path

import pytest

from cli.demo.journey_watcher import Journey
from cli.demo.report import ScenarioResult
from cli.demo.scenarios import SCENARIOS, MessageSummary
from domain.journey.outcomes import Outcome, Reason, Stage
from storage import stores
from storage.database import Database
from tests.cli.processes import environment, eventually, journeys


@pytest.mark.slow
def test_every_journey_ends_as_expected_and_no_process_stays_behind(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with journeys("demo", env=env, output=tmp_path / "output") as running:
        assert running.process.wait(150) == 0, running.output
        assert eventually(lambda: running.children() == [], 1)

    assert "What happened" in running.output
    assert all(scenario.name in running.output for scenario in SCENARIOS)
    assert "Farid | Denim Jacket" in running.output
    assert "/namespaces/comeback/workflows/journey%3Adenim-co%3Acust-asha" in running.output
    assert f"{running.api_url}/ui/stores/denim-co" in running.output
    assert f"{running.api_url}/ui/stores/sample-store (made up: 60 days" in running.output
    token = (tmp_path / "demo" / "admin_token").read_text(encoding="utf-8").strip()
    assert f"{token}, to sign in" in running.output
    assert asyncio.run(stores_in(tmp_path / "demo")) == ["denim-co", "sample-store"]


async def stores_in(data_dir: Path) -> list[str]:
    database = Database(f"sqlite:///{data_dir / 'comeback.db'}")
    try:
        async with database.reading() as connection:
            return sorted(await stores.ids(connection))
    finally:
        await database.close()


@pytest.mark.slow
def test_it_begins_afresh_each_time_and_a_signal_before_the_end_is_not_a_success(
    tmp_path: Path,
) -> None:
    left_over = tmp_path / "demo" / "comeback.db"
    left_over.parent.mkdir()
    left_over.write_text("of an earlier demo", encoding="utf-8")
    with journeys("demo", env=environment(tmp_path), output=tmp_path / "output") as running:
        assert running.says("buffering"), running.output
        running.process.terminate()

        assert running.process.wait(12) == 128 + 15
        assert running.children() == []


def test_a_journey_that_ends_differently_is_named() -> None:
    scenario = SCENARIOS[0]
    journey = Journey(
        journey_id="journey:denim-co:cust-asha",
        stage=Stage.CLOSED,
        outcome=Outcome.EXITED,
        reason=Reason.SUPERSEDED,
    )

    [outcome, messages] = ScenarioResult(scenario, journey, scenario.messages[:1]).differences()

    assert outcome == "Asha: the journey is exited: superseded, and should be messaged: plan_done"
    assert "not [cart_reminder" in messages


def test_a_wrong_merge_field_is_named() -> None:
    scenario = SCENARIOS[3]
    journey = Journey(
        journey_id="any", stage=Stage.CLOSED, outcome=scenario.outcome, reason=scenario.reason
    )
    wrong = MessageSummary("new_in_collection", ("there", "Denim Shirt - Blue"))

    [difference] = ScenarioResult(scenario, journey, [wrong]).differences()

    assert "there | Denim Shirt - Blue" in difference
