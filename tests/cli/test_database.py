"""A database that cannot be used: one line that says why, and exit code 1."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url
from typer.testing import CliRunner, Result

from cli.main import app
from cli.ports import free_port
from tests.cli.processes import HOST, ROOT, environment, journeys
from tests.databases import fresh_postgresql

PASSWORD = "not-to-be-printed"
CANNOT_BE_USED = "the database cannot be used (DATABASE_URL): "


@pytest.fixture(scope="module")
def postgresql() -> Iterator[URL]:
    with fresh_postgresql() as url:
        yield make_url(url)


def with_password(url: URL) -> str:
    return url.set(password=PASSWORD).render_as_string(hide_password=False)


def unreachable_url() -> str:
    return with_password(make_url(f"postgresql+psycopg://postgres@{HOST}:{free_port(HOST)}/any"))


def upgrade(url: str) -> Result:
    return CliRunner().invoke(app, ["database", "upgrade"], env={"DATABASE_URL": url})


def assert_refused(result: Result, reason: str) -> None:
    [line] = result.stderr.splitlines()
    assert line.startswith(f"journeys: {CANNOT_BE_USED}")
    assert reason in line
    assert result.exit_code == 1
    assert result.stdout == ""
    assert PASSWORD not in result.output


def test_upgrade_names_a_server_that_is_down() -> None:
    assert_refused(upgrade(unreachable_url()), "Connection refused")


def test_upgrade_names_a_database_that_does_not_exist(postgresql: URL) -> None:
    url = with_password(postgresql.set(database="no_such_database"))

    assert_refused(upgrade(url), 'database "no_such_database" does not exist')


def test_upgrade_names_a_role_that_the_server_refuses(postgresql: URL) -> None:
    url = with_password(postgresql.set(username="no_such_role"))

    assert_refused(upgrade(url), '"no_such_role"')


def test_upgrade_names_what_made_a_migration_fail(tmp_path: Path) -> None:
    path = tmp_path / "comeback.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE stores (any)")
    connection.close()

    assert_refused(upgrade(f"sqlite:///{path}"), "table stores already exists")


@pytest.mark.slow
def test_dev_ends_what_it_has_started_when_the_database_cannot_be_used(tmp_path: Path) -> None:
    env = environment(tmp_path / "data", DATABASE_URL=unreachable_url())
    with journeys("dev", env=env, output=tmp_path / "output") as running:
        assert running.process.wait(30) == 1
        assert running.children() == []

    started, refused = running.output.splitlines()
    assert started == "starting Temporal, API and worker"
    assert refused.startswith(f"journeys: {CANNOT_BE_USED}")
    assert PASSWORD not in running.output


@pytest.mark.slow
def test_worker_names_why_the_database_cannot_be_used(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "worker.py"],
        env=environment(tmp_path, DATABASE_URL=unreachable_url()),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"worker: {CANNOT_BE_USED}")
    assert PASSWORD not in ended.stdout + ended.stderr
