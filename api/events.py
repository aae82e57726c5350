"""For partners: posting events."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api import bodies, event_body
from api.authentication import refused, store_of_key, store_of_signature
from api.dependencies import Running, Token
from api.errors import InvalidBodyError
from api.event_body import ParsedEvent
from api.openapi import EVENT_BODY, refusals
from api.services import Services
from storage import quarantine
from storage.quarantine import Rejected
from storage.stores import Store
from workflows.intake import Receipt

MOST_BYTES = 64 * bodies.KIBIBYTE
router = APIRouter(tags=["partner"])


@dataclass(frozen=True)
class Posted:
    """A body, and the store that proved to have sent it."""

    store: Store
    raw: bytes


async def _posted(request: Request, store_id: str, services: Running, token: Token) -> Posted:
    """Read first: whoever is refused before their body was read may never see the answer."""
    raw = await bodies.read(request, MOST_BYTES)
    if "authorization" not in request.headers and "webhook-signature" in request.headers:
        bodies.must_fit(raw, MOST_BYTES)  # half a body cannot prove anything
    async with services.database.reading() as connection:
        if "authorization" in request.headers:
            store = await store_of_key(connection, store_id, token or "")
        else:
            store = await store_of_signature(connection, store_id, raw, request.headers)
    if store is None:
        raise refused()
    bodies.must_fit(raw, MOST_BYTES)
    return Posted(store, raw)


async def _valid(posted: Annotated[Posted, Depends(_posted)], services: Running) -> ParsedEvent:
    """The event; whatever is none goes to quarantine before anybody is told."""
    organization_id = posted.store.config.organization_id
    try:
        return event_body.parse(posted.raw, organization_id, services.clock())
    except InvalidBodyError as error:
        await _quarantine(services, posted, error)
        raise


async def _quarantine(services: Services, posted: Posted, error: InvalidBodyError) -> None:
    text = posted.raw.decode(errors="replace")
    errors = [dict(each) for each in error.problems]
    async with services.database.transaction() as connection:
        rejected = Rejected(posted.store.store_id, text, errors)
        await quarantine.add(connection, rejected, services.clock())
    services.metrics.events.labels("invalid").inc()


@router.post(
    "/v1/stores/{store_id}/events",
    status_code=202,
    openapi_extra=EVENT_BODY,
    responses=refusals(401, 413, 422, 429, 503),
)
async def post_event(
    posted: Annotated[Posted, Depends(_posted)],
    valid: Annotated[ParsedEvent, Depends(_valid)],
    services: Running,
) -> Receipt:
    """Take in one event of the integration guide; with the answer it is durably kept."""
    receipt = await services.intake.accept(posted.store, valid.event, valid.body)
    services.metrics.events.labels(receipt.status.value).inc()
    return receipt
