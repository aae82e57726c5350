"""`journeys database purge`: forget what is old and no longer needed."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from activities.clock import utc_now
from cli.errors import CommandError
from domain.durations import Duration
from storage.database import Database
from workflows.client import connect
from workflows.gateway import JourneyGateway
from workflows.patience import TemporalAwayError
from workflows.purge import LEAST, Purge, Purged, WrongNamespaceError

_NO_JOURNEYS = (
    "no journeys are at home in that namespace of Temporal, so none would look open: "
    "set TEMPORAL_NAMESPACE as for API and worker (with make dev: comeback)"
)

_duration = TypeAdapter[timedelta](Duration)


def read_age(text: str) -> timedelta:
    """How old is old.

    Raises:
        CommandError: not a duration, or too short a one.
    """
    try:
        age = _duration.validate_python(text)
    except ValidationError as error:
        raise CommandError(f"--older-than: {error.errors()[0]['msg']}") from None
    if age < LEAST:
        raise CommandError(f"--older-than: events are kept for {LEAST.days}d at least")
    return age


async def purge(database_url: str, keys: Mapping[str, bytes], age: timedelta) -> Purged:
    """Forget; safe to stop and to repeat.

    Raises:
        CommandError: Temporal or the database does not answer, or knows of no journeys.
    """
    database = Database(database_url)
    try:
        gateway = JourneyGateway(await connect(keys, lazy=True))
        purge = Purge(database, gateway, utc_now())
        await purge.run(age)
    except WrongNamespaceError:
        raise CommandError(_NO_JOURNEYS) from None
    except TemporalAwayError:
        raise CommandError("Temporal does not say which journeys are open; try again") from None
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"the database does not answer ({type(error).__name__})") from None
    finally:
        await database.close()
    return purge.purged
