"""Every kind of caller that the API distinguishes, and what each sends to prove who it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import httpx
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response

from api.sessions import LIFETIME, Session, start_session
from api.ui.customer_references import reference_to
from storage.keys import key_id_of
from tests.api.caller import ADMIN, BASE_URL, Caller, Shop, bearer, now
from tests.api.meta_caller import META_SETTINGS, signature


class Kind(StrEnum):
    NOBODY = "no credentials"
    WRONG_KEY = "a wrong key"
    ENDED_KEY = "an ended key of the store"
    OTHER_KEY = "another store's key"
    OWN_KEY = "the store's key"
    OPERATOR = "the operator's token"
    OTHER_SIGNATURE = "another store's signature"
    OWN_SIGNATURE = "the store's signature"
    META = "Meta's verify token and signature"
    EXPIRED_COOKIE = "an operator's expired cookie"
    COOKIE = "an operator's cookie"
    ENDED_KEY_COOKIE = "a cookie of the store, by a key that was ended"
    OTHER_STORE_COOKIE = "another store's cookie"
    STORE_COOKIE = "the store's cookie"


@dataclass(frozen=True)
class Scene:
    """A store, another store, and something of everything that a path may name."""

    shop: Shop
    other: Shop
    ended_key: str
    ids: dict[str, str]
    """By the names that they have in the routes' templates."""

    def headers(self, kind: Kind, raw: bytes) -> dict[str, str]:
        """What a caller of this kind sends with this body."""
        keys = {
            Kind.WRONG_KEY: f"{self.shop.key}x",
            Kind.ENDED_KEY: self.ended_key,
            Kind.OTHER_KEY: self.other.key,
            Kind.OWN_KEY: self.shop.key,
            Kind.OPERATOR: ADMIN,
        }
        secrets = {
            Kind.OWN_SIGNATURE: self.shop.signing_secret,
            Kind.OTHER_SIGNATURE: self.other.signing_secret,
        }
        until = now() + LIFETIME
        sessions = {
            Kind.COOKIE: Session(until),
            Kind.EXPIRED_COOKIE: Session(now() - timedelta(seconds=1)),
            Kind.ENDED_KEY_COOKIE: _of_store(until, self.shop, self.ended_key),
            Kind.OTHER_STORE_COOKIE: _of_store(until, self.other, self.other.key),
            Kind.STORE_COOKIE: _of_store(until, self.shop, self.shop.key),
        }
        if kind in keys:
            return bearer(keys[kind])
        if kind in secrets:
            return _signed(secrets[kind], raw)
        if kind in sessions:
            return self._cookie(sessions[kind])
        return signature(raw) if kind is Kind.META else {}

    def _cookie(self, session: Session) -> dict[str, str]:
        """The cookie of a session, sent by a page of the API."""
        response, settings = Response(), self.shop.caller.services.settings
        start_session(
            Request({"type": "http", "path": "/", "headers": []}), response, settings, session
        )
        return {
            "Cookie": response.headers["set-cookie"].partition(";")[0],
            "Origin": BASE_URL,
        }

    async def send(self, kind: Kind, request: httpx.Request) -> httpx.Response:
        """Send a request as a caller of this kind."""
        request.headers.update(self.headers(kind, request.content))
        if kind is Kind.META:
            verify = {
                "hub.mode": "subscribe",
                "hub.verify_token": META_SETTINGS["meta_verify_token"],
            }
            request.url = request.url.copy_merge_params(verify)
        return await self.shop.caller.http.send(request)


def _of_store(until: datetime, shop: Shop, key: str) -> Session:
    return Session(until, shop.store_id, key_id_of(key))


def _signed(secret: str, raw: bytes) -> dict[str, str]:
    at = now()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, raw.decode()),
    }


async def build_scene(caller: Caller) -> Scene:
    """Two new stores; the first has spare credentials, an ended key and a quarantined body."""
    shop, other = await caller.new_store(), await caller.new_store()
    ended, spare = [(await shop.operator("POST", "/keys")).json() for _ in range(2)]
    await shop.operator("DELETE", f"/keys/{ended['key_id']}")
    secret = (await shop.operator("POST", "/signing-secrets")).json()
    await shop.post({})
    ids = {
        "store_id": shop.store_id,
        "customer_id": shop.customer_id,
        "key_id": spare["key_id"],
        "signing_secret_id": secret["signing_secret_id"],
        "address": "%2B919876543210",
        "row_id": str((await shop.quarantined())[0]["id"]),
        "path": "ui.css",
        "reference": reference_to(caller.services.settings, shop.store_id, shop.customer_id),
    }
    return Scene(shop, other, ended["api_key"], ids)
