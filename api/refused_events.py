"""Posted events that are refused by their heads, before a route is looked for.

A flood is made of them, and through routes and dependencies a refusal costs as much as an event.
"""

import re
from typing import Final

from fastapi import HTTPException
from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.authentication import unauthorized
from api.signature_headers import STANDARD_WEBHOOKS
from api.store_limits import StoreLimits

_EVENTS: Final = re.compile(r"/v1/stores/([^/]+)/events")


class RefusedEvents:
    """ASGI middleware: answers 401 where nothing proves a sender, 429 to a key that floods.

    The route itself refuses what passes here and must not.
    """

    def __init__(self, app: ASGIApp, limits: StoreLimits, route: BaseRoute) -> None:
        """Refuse in the name of `route`, by the limits that it has."""
        self._app = app
        self._limits = limits
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        posted = _EVENTS.fullmatch(scope["path"])
        try:
            if posted is not None:
                self._require_may_pass(posted[1], Headers(scope=scope))
        except HTTPException as refusal:
            scope["route"] = self._route
            answer = JSONResponse({"detail": refusal.detail}, refusal.status_code, refusal.headers)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _require_may_pass(self, store_id: str, headers: Headers) -> None:
        """Refuse what the head alone speaks against.

        Raises:
            HTTPException: 401, it has neither a key nor a signature; 429.
        """
        scheme, key = get_authorization_scheme_param(headers.get("authorization"))
        if scheme.lower() == "bearer":
            self._limits.refuse_known_key(store_id, key)
        elif not all(name in headers for name in STANDARD_WEBHOOKS):
            raise unauthorized()
