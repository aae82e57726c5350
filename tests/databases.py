"""Databases for tests: SQLite in a file of its own, and PostgreSQL where there is a server.

`TEST_DATABASE_URL` is a server's URL in which the tests may create databases.
"""

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from storage.database import Database, sync_url
from storage.migrate import upgrade
from storage.schema import metadata

_SERVER = os.environ.get(
    "TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
SQLITE, POSTGRESQL = "sqlite", "postgresql"
BACKENDS = (SQLITE, POSTGRESQL)
both_databases = pytest.mark.parametrize("backend", BACKENDS, indirect=True)
"""For tests whose `backend` fixture is SQLite otherwise."""


@contextmanager
def fresh_postgresql() -> Iterator[str]:
    """The URL of an empty database that is dropped in the end; skips without a server."""
    name = f"comeback_test_{uuid.uuid4().hex}"
    try:
        _on_server(f"CREATE DATABASE {name}")
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        pytest.skip(f"PostgreSQL not tested: {reason}")
    try:
        yield make_url(_SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        _on_server(f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(statement: str) -> None:
    engine = create_engine(
        _with_timeout(sync_url(_SERVER)), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))


def _with_timeout(url: URL) -> URL:
    return url.update_query_dict({"connect_timeout": "3"})


def _truncate(url: str) -> None:
    """Leave the schema of a PostgreSQL database, without rows."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[str]:
    with fresh_postgresql() as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "comeback.db"
    upgrade(f"sqlite:///{path}")
    return path


def empty_database(request: pytest.FixtureRequest, backend: str) -> str:
    """The URL of a migrated database without rows, for one test."""
    if backend == SQLITE:
        folder: Path = request.getfixturevalue("tmp_path")
        return copy_of(request.getfixturevalue("migrated_sqlite"), folder)
    url: str = request.getfixturevalue("migrated_postgresql")
    _truncate(url)
    return url


def copy_of(migrated_sqlite: Path, folder: Path) -> str:
    """The URL of a copy of a migrated SQLite database."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'comeback.db')}"


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database without rows, once for each backend."""
    return empty_database(request, request.param)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema, once for each backend."""
    if request.param == SQLITE:
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with fresh_postgresql() as url:
        yield url
