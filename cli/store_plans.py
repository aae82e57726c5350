"""A store's plans, from the API or from a file, for a preview of its messages."""

import json
from collections.abc import Collection
from pathlib import Path

import httpx
from pydantic import BaseModel

from cli.api_client import open_api_client
from cli.errors import CommandError
from cli.problem_lines import problems_text
from cli.store_file import read_stores
from domain.stores.config_parser import parse_config
from domain.stores.plans import Plans
from domain.values.problems import InvalidBodyError
from settings import Settings


class StorePlans(BaseModel):
    """The part of a store's configuration that its messages depend on."""

    name: str
    timezone: str | None = None
    default_region: str | None = None
    click_token: str | None = None
    plans: Plans


def read_store_plans(
    store_id: str | None, file: Path | None, api_url: str | None, settings: Settings
) -> StorePlans:
    """A store's plans from a file, or else from the API.

    Raises:
        CommandError: there is no such store, or it is not valid.
    """
    if file is not None:
        return _from_file(store_id, file)
    if store_id is None:
        raise CommandError("say which store: --store ID, or --config FILE")
    return _from_api(store_id, api_url, settings)


def _from_api(store_id: str, api_url: str | None, settings: Settings) -> StorePlans:
    with open_api_client(api_url, settings) as api:
        response = api.call_store("GET", store_id)
    if response.status_code == httpx.codes.NOT_FOUND:
        raise CommandError(f"the API has no store {store_id}")
    if not response.is_success:
        raise CommandError(f"the API answered {response.status_code}: {response.text}")
    return StorePlans.model_validate(response.json())


def _from_file(store_id: str | None, file: Path) -> StorePlans:
    stores = dict(read_stores(file))
    chosen = store_id or _only_store(stores, file)
    if chosen not in stores:
        raise CommandError(f"{file} has no store {chosen}")
    try:
        config = parse_config(json.dumps(stores[chosen]))
    except InvalidBodyError as error:
        heading = f"{chosen} in {file} is not valid"
        raise CommandError(problems_text(heading, error.problems)) from None
    return StorePlans(
        name=config.name,
        timezone=config.timezone,
        default_region=config.default_region,
        click_token=config.click_token,
        plans=config.plans,
    )


def _only_store(stores: Collection[str], file: Path) -> str:
    if len(stores) > 1:
        raise CommandError(f"{file} has several stores; say which: --store ID")
    return next(iter(stores))
