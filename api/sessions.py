"""Sessions of the pages: a signed cookie that says who signed in, and until when.

No session is stored. The key is derived from the admin token: another token ends every session.
A store's session names the key that it signed in with: it ends with that key.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.requests import Request
from starlette.responses import Response

from settings import Settings

COOKIE = "comeback_session"
LIFETIME = timedelta(hours=12)
_OPERATOR = "operator"
_STORE = "store"
_KEY_PURPOSE = b"comeback/session/1"


@dataclass(frozen=True)
class Session:
    """Who is signed in, and until when."""

    until: datetime
    store_id: str | None = None
    """None: the operator."""
    key_id: str | None = None
    """The store's key; the session is none any more when it has ended."""

    @property
    def is_operator(self) -> bool:
        """Whether it is the operator's."""
        return self.store_id is None

    @property
    def name(self) -> str:
        """Who signed in, as admission and pages say it."""
        return self.store_id or _OPERATOR


def start_session(
    request: Request, response: Response, settings: Settings, session: Session
) -> None:
    """Sign in, in the browser that gets this response."""
    response.set_cookie(
        COOKIE,
        _signed(session, _key(settings)),
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def end_session(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def session_of(request: Request, settings: Settings, now: datetime) -> Session | None:
    """The session of the request's cookie, if it was signed here and has not expired."""
    session = _verified(request.cookies.get(COOKIE, ""), _key(settings))
    return session if session and now < session.until else None


def is_own_origin(request: Request) -> bool:
    """Whether the request was made by a page of this API.

    Browsers say so over https and on loopback; elsewhere Origin and Host are compared. Not the
    scheme: behind a proxy that ends TLS it may be unknown here. Cookies do not distinguish it.
    """
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    _, _, host = request.headers.get("origin", "").partition("://")
    return host != "" and host == request.headers.get("host")


def _key(settings: Settings) -> bytes:
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    return HKDF(SHA256(), length=32, salt=None, info=_KEY_PURPOSE).derive(token.encode())


def _signed(session: Session, key: bytes) -> str:
    said = json.dumps(_claims(session)).encode()
    return ".".join(urlsafe_b64encode(part).decode() for part in (said, _mac(said, key)))


def _verified(cookie: str, key: bytes) -> Session | None:
    try:
        said, mac = (urlsafe_b64decode(part) for part in cookie.split("."))
    except (Base64Error, ValueError):  # ValueError: not two parts, or not ASCII
        return None
    if not hmac.compare_digest(mac, _mac(said, key)):
        return None
    claims = json.loads(said)
    until = datetime.fromtimestamp(claims["until"], UTC)
    return Session(until, claims.get("store_id"), claims.get("key_id"))


def _claims(session: Session) -> dict[str, Any]:
    """0.2.0 reads the subject alone: to it, another one is not the operator."""
    until = int(session.until.timestamp())
    if session.is_operator:
        return {"subject": _OPERATOR, "until": until}
    of_store = {"store_id": session.store_id, "key_id": session.key_id}
    return {"subject": _STORE, "until": until, **of_store}


def _mac(said: bytes, key: bytes) -> bytes:
    return hmac.digest(key, said, hashlib.sha256)
