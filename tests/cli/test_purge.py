"""`journeys database purge`, as operators call it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from storage.migrate import upgrade


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with nothing in it, and no Temporal."""
    url = f"sqlite:///{tmp_path / 'comeback.db'}"
    upgrade(url)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")


def purge(older_than: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["database", "purge", "--older-than", older_than])
    return done.exit_code, done.output


def test_it_prints_how_much_was_deleted() -> None:
    code, output = purge("30d")
    assert (code, output) == (
        0,
        "deleted 0 events and 0 quarantined bodies; emptied 0 journeys, 0 messages and 0 orders\n",
    )


@pytest.mark.parametrize("older_than", ["7d", "30", "a month", "PT1H"])
def test_too_young_or_no_duration_is_refused(older_than: str) -> None:
    code, output = purge(older_than)
    assert code == 1
    assert "--older-than" in output
