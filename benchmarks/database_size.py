"""How large the product's database is."""

from pathlib import Path

from sqlalchemy import NullPool, create_engine, func, make_url, select

from benchmarks.measure.memory import sqlite_bytes
from storage.database import sync_url


def database_bytes(url: str) -> int:
    """The bytes that a database has on disk."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite_bytes(Path(str(parsed.database)))
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        size: int = connection.execute(
            select(func.pg_database_size(func.current_database()))
        ).scalar_one()
    return size
