"""For partners: posting events."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api import bodies
from api.authentication import store_of_key, store_of_signature, unauthorized
from api.dependencies import BearerToken, ServicesDep
from api.openapi import EVENT_BODY, error_responses
from ingest.receipts import Receipt
from storage.stores import Store

MAX_BYTES = 64 * bodies.KIBIBYTE
router = APIRouter(tags=["partner"])


@dataclass(frozen=True)
class AuthenticatedBody:
    """A body, and the store that proved to have sent it."""

    store: Store
    raw: bytes


async def _authenticated_body(
    request: Request, store_id: str, services: ServicesDep, token: BearerToken
) -> AuthenticatedBody:
    """Read the body first: a sender that is refused earlier may never see the answer."""
    raw = await bodies.read(request, MAX_BYTES)
    store = await _sender(request, store_id, raw, services, token)
    if store is None:
        raise unauthorized()
    bodies.check_size(raw, MAX_BYTES)
    return AuthenticatedBody(store, raw)


async def _sender(
    request: Request, store_id: str, raw: bytes, services: ServicesDep, token: BearerToken
) -> Store | None:
    has_key = "authorization" in request.headers
    if not has_key and "webhook-signature" in request.headers:
        bodies.check_size(raw, MAX_BYTES)  # the signature of half a body cannot be verified
    async with services.database.reading() as connection:
        if has_key:
            return await store_of_key(connection, store_id, token or "")
        return await store_of_signature(connection, store_id, raw, request.headers)


@router.post(
    "/v1/stores/{store_id}/events",
    status_code=202,
    openapi_extra=EVENT_BODY,
    responses=error_responses(401, 413, 422, 429, 503),
)
async def post_event(
    posted: Annotated[AuthenticatedBody, Depends(_authenticated_body)], services: ServicesDep
) -> Receipt:
    """Accept one event of the integration guide; it is durably stored before the answer."""
    return await services.intake.accept_posted(posted.store, posted.raw)
