"""For partners: posting events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.dependencies import ServicesDep, StoreKey
from api.event_sender import AuthenticatedBody, Sender
from api.openapi_bodies import EVENT_BODY
from api.openapi_security import SIGNED_BY_STORE
from api.store_limits import StoreLimitsDep
from ingest.receipts import Receipt

router = APIRouter(tags=["partner"])


async def _authenticated_body(
    request: Request,
    store_id: str,
    services: ServicesDep,
    limits: StoreLimitsDep,
    key: StoreKey,
) -> AuthenticatedBody:
    """Nothing of the body is read for a sender that proves nothing by its headers."""
    sender = Sender(request, store_id, services, limits)
    if "authorization" in request.headers:
        return await sender.body_with_key(key)
    return await sender.signed_body()


@router.post(
    "/v1/stores/{store_id}/events",
    status_code=202,
    openapi_extra=EVENT_BODY | SIGNED_BY_STORE,
)
async def post_event(
    posted: Annotated[AuthenticatedBody, Depends(_authenticated_body)],
    services: ServicesDep,
    limits: StoreLimitsDep,
) -> Receipt:
    """Accept one event of the integration guide; it is durably stored before the answer."""
    async with limits.processing(posted.store):
        return await services.intake.accept_posted(posted.store, posted.raw)
