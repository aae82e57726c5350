"""`journeys template check`: whether the templates of plans fit what Meta has."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from bootstrap import open_template_checker
from cli.errors import CommandError
from cli.problem_lines import problem_line
from clock import utc_now
from domain.stores.template_fit import template_warnings
from domain.stores.warnings import ConfigWarning
from operations.template_checks import TemplateChecker, known_templates
from settings import Settings
from storage import stores
from storage.database import Database
from storage.secret_cipher import SecretCipherError
from storage.stores import Store
from whatsapp.template_list import IN_BACKGROUND


@dataclass(frozen=True)
class CheckedStore:
    """A store whose templates were checked, and what does not fit."""

    store_id: str
    checked_at: datetime | None
    """When Meta last listed its templates."""
    warnings: Sequence[ConfigWarning]


async def check_templates(settings: Settings, store_id: str | None) -> list[CheckedStore]:
    """Check one store, or every store with a `waba_id`. Holds and releases as the daily check does.

    Raises:
        CommandError: there is no such store, it has no `waba_id`, the database is away, or a
            secret of a store cannot be opened.
    """
    database = Database(settings.database, settings.secret_keys)
    try:
        async with open_template_checker(database, settings, utc_now) as checker:
            chosen = await _chosen(database, store_id)
            return [await _check(database, checker, store) for store in chosen]
    except SecretCipherError as error:
        raise CommandError(str(error)) from None
    except (SQLAlchemyError, OSError) as error:
        raise CommandError(f"the database does not answer ({type(error).__name__})") from None
    finally:
        await database.close()


async def _chosen(database: Database, store_id: str | None) -> list[Store]:
    async with database.reading() as connection:
        ids = await stores.ids(connection) if store_id is None else [store_id]
        found = [await stores.get(connection, each) for each in ids]
    known = [each for each in found if each is not None]
    if store_id is not None and not known:
        raise CommandError(f"there is no store {store_id}")
    chosen = [each for each in known if each.config.whatsapp.waba_id is not None]
    if store_id is not None and not chosen:
        raise CommandError(f"{store_id} has no whatsapp.waba_id, so its templates are not known")
    return chosen


async def _check(database: Database, checker: TemplateChecker, store: Store) -> CheckedStore:
    await checker.check(store.store_id, IN_BACKGROUND)
    async with database.reading() as connection:
        known = await known_templates(connection, store.store_id)
    found = template_warnings(store.config, known)
    return CheckedStore(store.store_id, known.checked_at, found)


def print_checks(
    checked: Sequence[CheckedStore], echo: Callable[[str], None], *, as_json: bool
) -> bool:
    """Print what was found; False when something does not fit."""
    if as_json:
        echo(json.dumps({"stores": [_as_json(each) for each in checked]}, indent=2))
    else:
        for each in checked:
            echo(_as_text(each))
        if not checked:
            echo("no store has a whatsapp.waba_id: nothing to check")
    return not any(each.warnings for each in checked)


def _as_json(checked: CheckedStore) -> dict[str, object]:
    return {
        "store_id": checked.store_id,
        "checked_at": checked.checked_at and checked.checked_at.isoformat(),
        "warnings": [each.model_dump(mode="json") for each in checked.warnings],
    }


def _as_text(checked: CheckedStore) -> str:
    heading = f"{checked.store_id}: {'does not fit' if checked.warnings else 'fits'}"
    lines = (problem_line(each.path, each.message) for each in checked.warnings)
    return "\n".join((heading, *lines))
