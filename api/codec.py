"""For Temporal's Web UI and CLI: the codec server, with which an operator reads payloads."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api import bodies
from api.authentication import is_admin, unauthorized
from api.dependencies import OperatorToken, ServicesDep
from api.errors import invalid
from api.openapi_answers import described, error_responses
from api.openapi_bodies import PAYLOADS, PAYLOADS_BODY
from api.openapi_security import OPERATOR_COOKIE
from api.sessions import is_own_origin, session_of
from settings import Settings
from temporal.remote_codec import InvalidPayloadsError, RemoteCodec, remote_codec

PREFIX = "/codec"
MAX_BYTES = 8192 * bodies.KIBIBYTE
"""More than the JSON of one answer of Temporal's, which has at most 4 MB."""

HEADERS = ("authorization", "authorization-extras", "content-type", "x-namespace")
"""What the Web UI may send."""


class CodecCors:
    """Lets pages of one origin, Temporal's Web UI, call the codec server with their cookie."""

    def __init__(self, app: ASGIApp, origin: str | None) -> None:
        """Allow this origin, or none."""
        self._app = app
        self._with_cors = CORSMiddleware(
            app,
            allow_origins=[origin] if origin else [],
            allow_methods=["POST"],
            allow_headers=HEADERS,
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; on the codec's paths answer preflights and add CORS headers."""
        is_codec = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
        await (self._with_cors if is_codec else self._app)(scope, receive, send)


async def _operator(
    request: Request,
    services: ServicesDep,
    token: OperatorToken,
    _: Annotated[str | None, Depends(OPERATOR_COOKIE)],
) -> None:
    settings = services.settings
    if is_admin(settings, token):
        return
    session = session_of(request, settings, services.clock())
    if session is None or not session.is_operator:
        raise unauthorized()
    if not (is_own_origin(request) or _is_web_ui(request, settings)):
        raise HTTPException(403, "a cookie is accepted from TEMPORAL_UI_ORIGIN alone")


def _is_web_ui(request: Request, settings: Settings) -> bool:
    origin = request.headers.get("origin")
    return origin is not None and origin == settings.temporal_ui_origin


router = APIRouter(
    prefix=PREFIX,
    tags=["operator"],
    dependencies=[Depends(_operator)],
    responses=error_responses(401, 409, 422)
    | described(
        403,
        "Another namespace, or a cookie that another page sends",
        "X-Namespace must be default: its payloads alone can be decrypted",
    )
    | {200: {"content": {"application/json": {"schema": PAYLOADS}}}},
)


async def _codec(
    services: ServicesDep, namespace: Annotated[str, Header(alias="X-Namespace")]
) -> RemoteCodec:
    codec, own = remote_codec(services.temporal), services.temporal.namespace
    if codec is None:
        raise HTTPException(409, "PAYLOAD_KEYS is not set: payloads are not encrypted")
    if namespace != own:
        raise HTTPException(403, f"X-Namespace must be {own}: its payloads alone can be decrypted")
    return codec


async def _body(request: Request, _: Annotated[RemoteCodec, Depends(_codec)]) -> bytes:
    return await bodies.read_whole(request, MAX_BYTES)


Codec = Annotated[RemoteCodec, Depends(_codec)]
Body = Annotated[bytes, Depends(_body)]


@router.post("/decode", openapi_extra=PAYLOADS_BODY)
async def decode(codec: Codec, body: Body) -> Response:
    """Decrypt payloads of this namespace; a note stands where one cannot be decrypted."""
    return await _converted(codec.decode, body)


@router.post("/encode", openapi_extra=PAYLOADS_BODY)
async def encode(codec: Codec, body: Body) -> Response:
    """Encrypt payloads for this namespace, such as a signal that is sent by the Web UI."""
    return await _converted(codec.encode, body)


async def _converted(convert: Callable[[bytes], str], body: bytes) -> Response:
    try:
        converted = await asyncio.to_thread(convert, body)
    except InvalidPayloadsError as error:
        raise invalid("payloads", "is not the JSON of Temporal's Payloads", "body") from error
    headers = {"Cache-Control": "no-store"}
    return Response(converted, media_type="application/json", headers=headers)
