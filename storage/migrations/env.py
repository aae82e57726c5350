"""Alembic's entry: one connection, one transaction, one process at a time."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from storage.database import prepare_sqlite, sync_url, url_with_timeouts
from storage.schema import metadata

_LOCK = 7_265_636_176  # any number that nothing else uses


def run() -> None:
    """Migrate while holding the database's own lock, so that the second process waits."""
    url = context.config.attributes["database_url"]
    engine = create_engine(url_with_timeouts(sync_url(url)), poolclass=pool.NullPool)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        prepare_sqlite(engine)
    with engine.begin() as connection:
        if not sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=sqlite)
        with context.begin_transaction():
            context.run_migrations()


run()
