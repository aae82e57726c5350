"""For the operator: stores, their keys, pause and resume, opt-outs, quarantine."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from api import bodies, store_body
from api.dependencies import ExistingStore, Operator, Running
from api.errors import invalid, not_found
from api.openapi import CONFIG_BODY, refusals
from domain import phones
from domain.identity import keyed_hash
from domain.stores import StoreConfig, StoreId
from storage import keys, opt_outs, quarantine, stores, suppressions, template_holds
from storage.keys import NewKey
from storage.quarantine import Page

MOST_BYTES = 1024 * bodies.KIBIBYTE
MOST_LISTED = 100
router = APIRouter(
    prefix="/v1/stores/{store_id}", tags=["operator"], dependencies=[Operator],
    responses=refusals(401, 422, 503),
)  # fmt: skip


class Replaced(BaseModel):
    """A store whose configuration is another now."""

    store_id: str
    events_url: str


class Created(Replaced):
    """A new store, with the secrets that are shown this once."""

    key_id: str
    api_key: str
    signing_secret: str


class Pause(BaseModel):
    """Whether a store's journeys hold."""

    store_id: str
    paused: bool


class Quarantined(BaseModel):
    """A body that was answered 422, or an update of Meta's that is not what Meta says it is."""

    id: int
    source: str
    received_at: AwareDatetime
    errors: list[Any]
    body: str


async def _config(request: Request, services: Running) -> StoreConfig:
    raw = await bodies.read(request, MOST_BYTES)
    bodies.must_fit(raw, MOST_BYTES)
    return store_body.parse(raw, allow_private=services.settings.allow_private_egress)


@router.put(
    "",
    status_code=201,
    openapi_extra=CONFIG_BODY,
    responses={200: {"model": Replaced, "description": "The store was there; it is replaced"}},
)
async def put_store(
    store_id: StoreId,
    config: Annotated[StoreConfig, Depends(_config)],
    request: Request,
    response: Response,
    services: Running,
) -> Created | Replaced:
    """Create a store, or replace its configuration."""
    events_url = _events_url(request, store_id)
    now = services.clock()
    async with services.database.transaction() as connection:
        new = await stores.put(connection, store_id, config, now)
        key = await keys.make(connection, store_id, now) if new else None
    if new is None or key is None:
        response.status_code = 200
        return Replaced(store_id=store_id, events_url=events_url)
    return Created(
        store_id=store_id,
        events_url=events_url,
        signing_secret=new.signing_secret,
        **key.__dict__,
    )


@router.get("", responses=refusals(404))
async def get_store(store: ExistingStore, request: Request, services: Running) -> dict[str, Any]:
    """The configuration, with secrets masked."""
    async with services.database.reading() as connection:
        living = await keys.listed(connection, store.store_id)
        held = await template_holds.listed(connection, store.store_id)
    return {
        "store_id": store.store_id,
        "events_url": _events_url(request, store.store_id),
        "paused": store.paused,
        "paused_because": store.paused_because,
        "held_templates": held,
        "keys": [key["key_id"] for key in living],
        **store.config.model_dump(mode="json"),
    }


@router.post("/keys", status_code=201, responses=refusals(404))
async def make_key(store: ExistingStore, services: Running) -> NewKey:
    """Make a further key; the others go on."""
    async with services.database.transaction() as connection:
        return await keys.make(connection, store.store_id, services.clock())


KeyId = Annotated[str, Path(pattern="^[!-~]{1,64}$")]


@router.delete("/keys/{key_id}", status_code=204, responses=refusals(404))
async def end_key(store: ExistingStore, key_id: KeyId, services: Running) -> None:
    """End a key at once."""
    async with services.database.transaction() as connection:
        ended = await keys.end(connection, store.store_id, key_id, services.clock())
    if not ended:
        raise not_found("key")


@router.post("/pause", responses=refusals(404))
async def pause_store(store: ExistingStore, services: Running) -> Pause:
    """Have the store's journeys hold: no further message is claimed."""
    async with services.database.transaction() as connection:
        because = stores.PAUSED_BY_OPERATOR
        await stores.pause(connection, store.store_id, services.clock(), because)
    return Pause(store_id=store.store_id, paused=True)


@router.post("/resume", responses=refusals(404))
async def resume_store(store: ExistingStore, services: Running) -> Pause:
    """Have held journeys go on."""
    async with services.database.transaction() as connection:
        await stores.resume(connection, store.store_id)
        await template_holds.lift(connection, store.store_id)
    return Pause(store_id=store.store_id, paused=False)


def _address_hash(store: ExistingStore, address: str) -> str:
    if phones.to_e164(address, None) != address:
        message = "is not a phone number in E.164 form, such as +919876543210"
        raise invalid("e164", message, "path", "address")
    return keyed_hash(store.hash_key, address)


@router.put("/suppressions/{address}", status_code=204, responses=refusals(404))
async def suppress(
    store: ExistingStore, hashed: Annotated[str, Depends(_address_hash)], services: Running
) -> None:
    """Have a number never messaged by this store; only a keyed hash of it is kept."""
    async with services.database.transaction() as connection:
        await opt_outs.opt_out(connection, store.store_id, hashed, "operator", services.clock())


@router.delete("/suppressions/{address}", status_code=204, responses=refusals(404))
async def unsuppress(
    store: ExistingStore, hashed: Annotated[str, Depends(_address_hash)], services: Running
) -> None:
    """Let a number be messaged again."""
    async with services.database.transaction() as connection:
        await suppressions.remove(connection, store.store_id, hashed, services.clock())


@router.get("/quarantine", responses=refusals(404))
async def list_quarantine(
    store: ExistingStore,
    services: Running,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> dict[str, list[Quarantined]]:
    """Invalid events and what was wrong with them, newest first; `before` an id for older ones."""
    async with services.database.reading() as connection:
        page = Page(MOST_LISTED, before, store.store_id)
        rows = await quarantine.listed(connection, page)
    return {"quarantine": [Quarantined.model_validate(row) for row in rows]}


def _events_url(request: Request, store_id: str) -> str:
    return str(request.url_for("post_event", store_id=store_id))
