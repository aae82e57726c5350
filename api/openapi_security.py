"""How callers prove who they are, in the OpenAPI document."""

from typing import Any, Final

from fastapi.security import APIKeyCookie, HTTPBearer

from api.sessions import COOKIE
from api.signature_headers import STANDARD_WEBHOOKS
from whatsapp.signature import HEADER

OPERATOR_TOKEN: Final = HTTPBearer(
    scheme_name="operatorToken", description="The operator: `ADMIN_TOKEN`", auto_error=False
)
STORE_KEY: Final = HTTPBearer(
    scheme_name="storeKey", description="A store: one of its keys", auto_error=False
)
OPERATOR_COOKIE: Final = APIKeyCookie(
    name=COOKIE,
    scheme_name="operatorCookie",
    description="The operator at a browser, signed in at `/ui/sign-in`",
    auto_error=False,
)

_META: Final = "metaSignature"
KEY_OR_SIGNATURE_OF_STORE: Final[dict[str, Any]] = {
    "security": [{STORE_KEY.scheme_name: []}, {name: [] for name in STANDARD_WEBHOOKS}]
}
"""A key, or the three headers together, as the Standard Webhooks specification says."""
SIGNED_BY_META: Final[dict[str, Any]] = {"security": [{_META: []}]}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


HEADER_SCHEMES: Final = {
    **{
        name: _header(name, "A store: signed as Standard Webhooks says, with one of its secrets")
        for name in STANDARD_WEBHOOKS
    },
    _META: _header(HEADER, "Meta: `sha256=` and the HMAC of the body with `META_APP_SECRET`"),
}
"""Schemes that are no dependency of a route, which reads their headers itself."""
