"""For Meta: the WhatsApp webhook. What Meta signed is kept and answered at once, processed then."""

import hashlib
import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse

from api import bodies
from api.dependencies import Running

MOST_BYTES = 3072 * bodies.KIBIBYTE
"""Meta: a notification has at most 3 MB."""

router = APIRouter(prefix="/webhooks/whatsapp", tags=["meta"])


@router.get("", response_class=PlainTextResponse)
async def verify(
    services: Running,
    mode: Annotated[str, Query(alias="hub.mode")] = "",
    token: Annotated[str, Query(alias="hub.verify_token")] = "",
    challenge: Annotated[str, Query(alias="hub.challenge")] = "",
) -> str:
    """Meta's verification handshake."""
    expected = _configured(services)[1]
    if mode != "subscribe" or not hmac.compare_digest(token.encode(), expected.encode()):
        raise HTTPException(403, "not the verify token")
    return challenge


async def _signed(request: Request, services: Running) -> bytes:
    """The body, if Meta signed it, byte for byte."""
    secret = _configured(services)[0]
    raw = await bodies.read(request, MOST_BYTES)
    bodies.must_fit(raw, MOST_BYTES)
    expected = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    given = request.headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(401, "not signed with the app secret")
    return raw


@router.post("")
async def receive(body: Annotated[bytes, Depends(_signed)], services: Running) -> dict[str, str]:
    """Keep a signed notification of statuses, messages and preferences; it has effect right after.

    What people write and wish has had its effect before the answer: STOP counts from then on.
    Meta posts it again, for seven days, unless it is answered 200.
    """
    await services.webhooks.take(body)
    return {"status": "received"}


def _configured(services: Running) -> tuple[str, str]:
    """App secret and verify token.

    Raises:
        HTTPException: 503, one of them is not set.
    """
    secret, token = services.settings.meta_app_secret, services.settings.meta_verify_token
    if secret is None or token is None:
        raise HTTPException(503, "META_APP_SECRET and META_VERIFY_TOKEN must both be set")
    return secret.get_secret_value(), token.get_secret_value()
