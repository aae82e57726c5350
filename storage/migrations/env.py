"""Alembic's entry: one connection, one transaction, one process at a time."""

from alembic import context
from sqlalchemy import URL, create_engine, pool, text

from storage.database import prepare_sqlite, sync_url
from storage.tables import metadata

CONNECT_TIMEOUT_SECONDS = "5"
_LOCK = 7_265_636_176  # any number that nothing else uses


def run() -> None:
    """Migrate while holding the database's own lock, so that the second process waits."""
    url = context.config.attributes["database_url"]
    engine = create_engine(_with_timeout(sync_url(url)), poolclass=pool.NullPool)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        prepare_sqlite(engine)
    with engine.begin() as connection:
        if not sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=sqlite)
        with context.begin_transaction():
            context.run_migrations()


def _with_timeout(url: URL) -> URL:
    """A server that accepts a connection and does not answer must not hold up the start."""
    if url.get_backend_name() != "postgresql" or "connect_timeout" in url.query:
        return url
    return url.update_query_dict({"connect_timeout": CONNECT_TIMEOUT_SECONDS})


run()
