"""Databases for benchmarks: PostgreSQL where a server answers."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from storage.database import sync_url

SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


@contextmanager
def postgresql(server: str) -> Iterator[str | None]:
    """The URL of a database that is dropped in the end; None when no server answers."""
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
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
