"""Databases of benchmarks: SQLite in a temporary folder, and PostgreSQL where a server answers."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from storage.database import sync_url

POSTGRESQL_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


@dataclass(frozen=True)
class BenchmarkDatabase:
    """An empty database."""

    name: str
    url: str


@contextmanager
def sqlite() -> Iterator[BenchmarkDatabase]:
    """A SQLite file that is deleted at the end."""
    with TemporaryDirectory() as folder:
        yield BenchmarkDatabase("SQLite", f"sqlite:///{folder}/comeback.db")


@contextmanager
def postgresql(server: str) -> Iterator[BenchmarkDatabase | None]:
    """A PostgreSQL database that is dropped at the end; None when no server answers."""
    name = f"comeback_benchmark_{uuid.uuid4().hex}"
    url = sync_url(server).update_query_dict({"connect_timeout": "3"})
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError:
        yield None
        return
    try:
        of_database = make_url(server).set(database=name)
        yield BenchmarkDatabase("PostgreSQL", of_database.render_as_string(hide_password=False))
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def postgresql_or_sqlite(server: str) -> Iterator[BenchmarkDatabase]:
    """PostgreSQL where a server answers, else SQLite."""
    with sqlite() as fallback, postgresql(server) as database:
        yield database or fallback
