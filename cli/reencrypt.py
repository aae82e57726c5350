"""`journeys database reencrypt`: keep stores' secrets by the first of SECRET_KEYS."""

from sqlalchemy.exc import SQLAlchemyError

from cli.errors import CommandError
from settings import Settings
from storage.database import Database
from storage.reencryption import Reencrypted, reencrypt
from storage.secret_cipher import SecretCipherError


async def reencrypt_database(settings: Settings) -> Reencrypted:
    """Encrypt every secret by the first key; the schema stays as it is.

    Raises:
        CommandError: there is no key, a secret cannot be opened, or the database does not answer.
    """
    if not settings.secret_keys:
        raise CommandError("SECRET_KEYS is not set: there is no key to encrypt by")
    database = Database(settings.database, settings.secret_keys)
    try:
        return await reencrypt(database)
    except SecretCipherError as error:
        raise CommandError(str(error)) from None
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"the database does not answer ({type(error).__name__})") from None
    finally:
        await database.close()
