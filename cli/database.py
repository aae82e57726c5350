"""The database's schema, as commands upgrade it."""

from cli.errors import CommandError
from storage.migrate import DatabaseUnavailableError, upgrade_in_thread


async def upgrade_database(url: str) -> None:
    """Apply the migrations that are missing.

    Raises:
        CommandError: the database cannot be reached or used; says why, without the password.
    """
    try:
        await upgrade_in_thread(url)
    except DatabaseUnavailableError as error:
        raise CommandError(str(error)) from error
