"""Bring a database up to the schema that this program was written for."""

import asyncio
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config

from storage.database import sync_url

MIGRATIONS = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME = threading.Lock()  # Alembic's context is one per process


def upgrade(database_url: str) -> None:
    """Apply every migration that is missing. Safe when several processes start at once."""
    _make_folder(database_url)
    with _ONE_AT_A_TIME:
        command.upgrade(alembic_config(database_url), "head")


async def upgrade_in_thread(database_url: str) -> None:
    """As `upgrade`, without stopping the event loop; Alembic itself is synchronous."""
    await asyncio.to_thread(upgrade, database_url)


def _make_folder(database_url: str) -> None:
    """SQLite makes its file, not the folder it is in."""
    url = sync_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def alembic_config(database_url: str) -> Config:
    """What Alembic needs to know; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database_url"] = database_url
    return config
