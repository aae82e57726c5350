"""Migrating a database to the current schema."""

import asyncio
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from storage.database import sync_url

MIGRATIONS = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME = threading.Lock()  # Alembic's context is one per process


class DatabaseUnavailableError(Exception):
    """The database cannot be reached or used; the message says why, without the password."""


def upgrade(database_url: str) -> None:
    """Apply all missing migrations. Safe when several processes start at once.

    Raises:
        DatabaseUnavailableError: the database cannot be reached or used.
    """
    try:
        _make_folder(database_url)
        with _ONE_AT_A_TIME:
            command.upgrade(alembic_config(database_url), "head")
    except (SQLAlchemyError, OSError, CommandError) as error:
        raise DatabaseUnavailableError(
            f"the database cannot be used (DATABASE_URL): {_reason(error)}"
        ) from error


async def upgrade_in_thread(database_url: str) -> None:
    """As `upgrade`, in a thread: Alembic is synchronous."""
    await asyncio.to_thread(upgrade, database_url)


def _reason(error: Exception) -> str:
    """The driver's first line, which names host, port and user, and no password."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return next(iter(str(cause).strip().splitlines()), type(cause).__name__)


def _make_folder(database_url: str) -> None:
    """SQLite makes its file, not the folder it is in."""
    url = sync_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database_url"] = database_url
    return config
