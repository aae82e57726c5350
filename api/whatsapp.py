"""For Meta: the WhatsApp webhook. A signed notification is stored, answered, then processed."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse

from api import bodies
from api.dependencies import ServicesDep
from api.openapi_answers import described
from api.openapi_bodies import META_BODY
from api.openapi_security import SIGNED_BY_META
from api.signature_headers import may_be_signed_by_meta
from whatsapp.signature import HEADER, is_signed

MAX_BYTES = 3072 * bodies.KIBIBYTE
"""Meta: a notification has at most 3 MB."""

router = APIRouter(
    prefix="/webhooks/whatsapp",
    tags=["meta"],
    responses=described(
        503, "The webhook is not set up, or the database away", "META_APP_SECRET … must both be set"
    ),
)


@router.get(
    "",
    response_class=PlainTextResponse,
    responses=described(403, "Not the verify token", "not the verify token"),
)
async def verify(
    services: ServicesDep,
    mode: Annotated[str, Query(alias="hub.mode")] = "",
    token: Annotated[str, Query(alias="hub.verify_token")] = "",
    challenge: Annotated[str, Query(alias="hub.challenge")] = "",
) -> str:
    """Meta's verification handshake."""
    _, expected = _secret_and_verify_token(services)
    if mode != "subscribe" or not hmac.compare_digest(token.encode(), expected.encode()):
        raise HTTPException(403, "not the verify token")
    return challenge


async def _signed_body(request: Request, services: ServicesDep) -> bytes:
    """The body, if Meta signed it, byte for byte. Without a signature it is not read."""
    secret, _ = _secret_and_verify_token(services)
    if not may_be_signed_by_meta(request, HEADER):
        raise _not_signed()
    reading: bodies.UnauthenticatedBodies = request.app.state.meta_bodies
    raw = await reading.read(request, MAX_BYTES)
    if not is_signed(raw, request.headers.get(HEADER, ""), secret):
        raise _not_signed()
    return raw


def _not_signed() -> HTTPException:
    return HTTPException(401, "not signed with the app secret")


@router.post(
    "",
    openapi_extra=META_BODY | SIGNED_BY_META,
    responses=described(401, "Not signed with the app secret", "not signed with the app secret"),
)
async def receive(
    body: Annotated[bytes, Depends(_signed_body)], services: ServicesDep
) -> dict[str, str]:
    """Store a signed notification of statuses, messages and preferences; it is processed next.

    An opt-out in it is applied before the answer. Meta posts a notification again, for seven days,
    unless it is answered 200.
    """
    await services.webhooks.accept(body)
    return {"status": "received"}


def _secret_and_verify_token(services: ServicesDep) -> tuple[str, str]:
    """The app secret and the verify token.

    Raises:
        HTTPException: 503, one of them is not set.
    """
    secret, token = services.settings.meta_app_secret, services.settings.meta_verify_token
    if secret is None or token is None:
        raise HTTPException(503, "META_APP_SECRET and META_VERIFY_TOKEN must both be set")
    return secret.get_secret_value(), token.get_secret_value()
