"""Authentication: the operator by token, a store by key or by Standard Webhooks signature.

Every refusal under `/v1` is one and the same answer, which does not reveal which stores exist.
"""

import hmac
from collections.abc import Mapping

from fastapi import HTTPException
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from standardwebhooks import Webhook, WebhookVerificationError

from domain.stores.config import StoreId
from settings import Settings
from storage import keys, stores
from storage.stores import Store

SIGNATURE_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_store_id = TypeAdapter[str](StoreId)


def unauthorized() -> HTTPException:
    """The one answer to a caller without the right credentials."""
    return HTTPException(401, "not authorized", {"WWW-Authenticate": "Bearer"})


def is_admin(settings: Settings, token: str | None) -> bool:
    """Whether this is the operator's token, compared in constant time."""
    if token is None or settings.admin_token is None:
        return False
    expected = settings.admin_token.get_secret_value()
    return hmac.compare_digest(token.encode(), expected.encode())


async def store_of_key(connection: AsyncConnection, store_id: str, key: str) -> Store | None:
    """The store, if this is a valid key of it."""
    if not is_well_formed(store_id) or not await keys.matches(connection, store_id, key):
        return None
    return await stores.get(connection, store_id)


def is_signed(secret: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    """Whether this secret signed this very body a moment ago."""
    sent = {name: headers.get(name, "") for name in SIGNATURE_HEADERS}
    try:
        Webhook(secret).verify(raw, sent, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: not even of a signature's form
        return False
    return True


def is_well_formed(store_id: str) -> bool:
    """Whether a store may have this id."""
    try:
        _store_id.validate_python(store_id)
    except ValidationError:
        return False
    return True
