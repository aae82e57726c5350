"""Requests whose heads can be read in two ways, by us and by a proxy before us."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.signature_headers import STANDARD_WEBHOOKS
from whatsapp.signature import HEADER as META_SIGNATURE

_CREDENTIALS: Final = frozenset(
    name.encode() for name in ("authorization", META_SIGNATURE, *STANDARD_WEBHOOKS)
)
_LENGTHS: Final = frozenset({b"content-length", b"transfer-encoding"})


class AmbiguousHeads:
    """ASGI middleware: refuses a body of two lengths, and leaves out credentials sent twice.

    By RFC 9112, 6.1, a request with both `Content-Length` and `Transfer-Encoding` may be a smuggled
    one, and its connection ends. Of two credentials none proves who sends.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400 and close."""
        if scope["type"] == "http":
            names = [name for name, _ in scope["headers"]]
            if _LENGTHS.issubset(names):
                detail = {"detail": "Content-Length and Transfer-Encoding exclude each other"}
                await JSONResponse(detail, 400, {"Connection": "close"})(scope, receive, send)
                return
            if len(set(names)) < len(names) and (twice := _twice(names)):
                scope["headers"] = [each for each in scope["headers"] if each[0] not in twice]
        await self._app(scope, receive, send)


def _twice(names: Sequence[bytes]) -> set[bytes]:
    """The credentials that are sent more than once."""
    return {name for name in _CREDENTIALS if names.count(name) > 1}
