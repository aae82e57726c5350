"""For the operator: stores, their keys and signing secrets, pause and resume."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from api import bodies
from api.dependencies import ExistingStore, Operator, ServicesDep
from api.errors import not_found
from api.openapi_answers import error_responses
from api.openapi_bodies import CONFIG_BODY
from domain.stores.config import StoreConfig, StoreId
from domain.stores.config_parser import path_as_written, written_json
from domain.stores.warnings import ConfigWarning
from ingest.store_config import accept_config
from operations import experiment_forecasts, store_administration
from storage import keys, signing_secrets, stores
from storage.keys import NewKey
from storage.signing_secrets import NewSigningSecret

MAX_BYTES = 1024 * bodies.KIBIBYTE
router = APIRouter(prefix="/v1/stores/{store_id}", tags=["operator"], dependencies=[Operator])


class Replaced(BaseModel):
    """A store whose configuration was replaced."""

    store_id: str
    events_url: str
    warnings: list[ConfigWarning]
    """What is allowed and probably not meant."""


class Created(Replaced):
    """A new store, with the secrets that are shown this once."""

    key_id: str
    api_key: str = Field(repr=False)
    signing_secret_id: str
    signing_secret: str = Field(repr=False)


class DryRun(Replaced):
    """What a configuration would do; nothing was changed."""

    would: Literal["create", "replace"]


class Pause(BaseModel):
    """Whether a store's journeys hold."""

    store_id: str
    paused: bool


@dataclass(frozen=True)
class WrittenConfig:
    """A valid configuration, and the JSON that it was read from."""

    config: StoreConfig
    written: Any
    dry_run: bool

    def as_written(self, warning: ConfigWarning) -> ConfigWarning:
        """The warning with the path that the operator wrote."""
        return warning.model_copy(update={"path": path_as_written(warning.path, self.written)})


async def _config(
    request: Request, services: ServicesDep, *, dry_run: bool = False
) -> WrittenConfig:
    raw = await bodies.read_whole(request, MAX_BYTES)
    config = accept_config(raw, allow_private=services.settings.allow_private_egress)
    return WrittenConfig(config, written_json(raw), dry_run)


@router.put(
    "",
    status_code=201,
    openapi_extra=CONFIG_BODY,
    responses={
        200: {
            "model": Replaced | DryRun,
            "description": "The store was there and is replaced, or nothing is with `dry_run`",
        }
    },
)
async def put_store(
    store_id: StoreId,
    body: Annotated[WrittenConfig, Depends(_config)],
    request: Request,
    response: Response,
    services: ServicesDep,
) -> Created | Replaced | DryRun:
    """Create a store, or replace its configuration; with `dry_run` only say what would happen."""
    await services.customer_ids.check(store_id, body.config)
    if body.dry_run:
        response.status_code = 200
        return await _dry_run(store_id, body, request, services)
    listed, now = await services.templates.read(body.config), services.clock()
    forecasts = await _forecasts(store_id, body.config, services)
    async with services.database.transaction() as connection:
        secrets = await store_administration.put(connection, store_id, body.config, now, listed)
        found = await store_administration.warnings_of(connection, store_id, body.config)
    found += forecasts
    services.stores.forget(store_id)
    stored = Replaced(
        store_id=store_id,
        events_url=_events_url(request, store_id),
        warnings=[body.as_written(warning) for warning in found],
    )
    if secrets is None:
        response.status_code = 200
        return stored
    return Created(**stored.__dict__, **secrets.__dict__)


async def _forecasts(
    store_id: str, config: StoreConfig, services: ServicesDep
) -> list[ConfigWarning]:
    """Of how long experiments would take, with the store's numbers before the change."""
    async with services.database.reading() as connection:
        known = await stores.get(connection, store_id)
    return await experiment_forecasts.warnings_of(
        services.database, known, config, services.clock()
    )


async def _dry_run(
    store_id: str, body: WrittenConfig, request: Request, services: ServicesDep
) -> DryRun:
    listed = await services.templates.read(body.config)
    async with services.database.reading() as connection:
        known = await stores.get(connection, store_id)
        found = await store_administration.warnings_of(connection, store_id, body.config, listed)
    found += await _forecasts(store_id, body.config, services)
    return DryRun(
        store_id=store_id,
        events_url=_events_url(request, store_id),
        warnings=[body.as_written(warning) for warning in found],
        would="create" if known is None else "replace",
    )


@router.get("", responses=error_responses(404))
async def get_store(
    store: ExistingStore, request: Request, services: ServicesDep
) -> dict[str, Any]:
    """The configuration, with secrets masked, and the state of the store."""
    async with services.database.reading() as connection:
        state = await store_administration.state_of(connection, store)
    return {
        "store_id": store.store_id,
        "events_url": _events_url(request, store.store_id),
        **state,
        **store.config.model_dump(mode="json"),
    }


@router.post("/keys", status_code=201, responses=error_responses(404, 409))
async def make_key(store: ExistingStore, services: ServicesDep) -> NewKey:
    """Make a further key; the others stay valid. A store has at most 20."""
    async with services.database.transaction() as connection:
        return await keys.make(connection, store.store_id, services.clock())


CredentialId = Annotated[str, Path(pattern="^[!-~]{1,64}$")]


@router.delete("/keys/{key_id}", status_code=204, responses=error_responses(404))
async def end_key(store: ExistingStore, key_id: CredentialId, services: ServicesDep) -> None:
    """End a key at once; other processes of the API notice within a second."""
    async with services.database.transaction() as connection:
        ended = await keys.end(connection, store.store_id, key_id, services.clock())
    services.stores.forget(store.store_id)
    if not ended:
        raise not_found("key")


@router.post("/signing-secrets", status_code=201, responses=error_responses(404, 409))
async def make_signing_secret(store: ExistingStore, services: ServicesDep) -> NewSigningSecret:
    """Make a further signing secret; the others stay valid. A store has at most 10."""
    async with services.database.transaction() as connection:
        made = await signing_secrets.make(connection, store.store_id, services.clock())
    services.stores.forget(store.store_id)
    return made


@router.delete(
    "/signing-secrets/{signing_secret_id}", status_code=204, responses=error_responses(404)
)
async def end_signing_secret(
    store: ExistingStore, signing_secret_id: CredentialId, services: ServicesDep
) -> None:
    """End a signing secret at once, for other processes of the API within a second.

    What it signed is refused.
    """
    async with services.database.transaction() as connection:
        now = services.clock()
        ended = await signing_secrets.end(connection, store.store_id, signing_secret_id, now)
    services.stores.forget(store.store_id)
    if not ended:
        raise not_found("signing secret")


@router.post("/pause", responses=error_responses(404))
async def pause_store(store: ExistingStore, services: ServicesDep) -> Pause:
    """Hold the store's journeys: no further message is claimed."""
    async with services.database.transaction() as connection:
        because = stores.PAUSED_BY_OPERATOR
        await stores.pause(connection, store.store_id, services.clock(), because)
    return Pause(store_id=store.store_id, paused=True)


@router.post("/resume", responses=error_responses(404))
async def resume_store(store: ExistingStore, services: ServicesDep) -> Pause:
    """Let held journeys go on."""
    async with services.database.transaction() as connection:
        await store_administration.resume(connection, store.store_id)
    return Pause(store_id=store.store_id, paused=False)


def _events_url(request: Request, store_id: str) -> str:
    return str(request.url_for("post_event", store_id=store_id))
