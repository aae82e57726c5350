"""`journeys database purge`: forget what is old and no longer needed."""

from datetime import timedelta

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bootstrap import connect_lazily
from cli.errors import CommandError
from clock import utc_now
from domain.values.durations import Duration
from operations.purge import MIN_AGE, Purge, Purged, WrongNamespaceError
from settings import Settings
from storage.database import Database
from storage.secret_cipher import SecretCipherError
from temporal.gateway import JourneyGateway
from temporal.rpc import TemporalUnavailableError

_WRONG_NAMESPACE = (
    "that namespace of Temporal lacks the search attributes of journeys, so open journeys would "
    "look closed: set TEMPORAL_NAMESPACE as for API and worker (with make dev: comeback)"
)

_duration = TypeAdapter[timedelta](Duration)


def parse_age(text: str) -> timedelta:
    """The value of `--older-than`.

    Raises:
        CommandError: not a duration, or less than `MIN_AGE`.
    """
    try:
        age = _duration.validate_python(text)
    except ValidationError as error:
        raise CommandError(f"--older-than: {error.errors()[0]['msg']}") from None
    if age < MIN_AGE:
        raise CommandError(f"--older-than: events are kept for {MIN_AGE.days}d at least")
    return age


async def purge_database(settings: Settings, age: timedelta) -> Purged:
    """Forget what is older than that; safe to stop and to repeat. The schema stays as it is.

    Raises:
        CommandError: Temporal or the database does not answer, the namespace is a wrong one, or a
            secret of a store cannot be opened.
    """
    database = Database(settings.database, settings.secret_keys)
    try:
        temporal = await connect_lazily(settings.payload_keys)
        purge = Purge(database, JourneyGateway(temporal), utc_now())
        await purge.run(age)
    except WrongNamespaceError:
        raise CommandError(_WRONG_NAMESPACE) from None
    except TemporalUnavailableError:
        raise CommandError("Temporal does not say which journeys are open; try again") from None
    except SecretCipherError as error:
        raise CommandError(str(error)) from None
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"the database does not answer ({type(error).__name__})") from None
    finally:
        await database.close()
    return purge.purged
