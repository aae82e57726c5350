"""Who posts an event: a store by its key, told before the body is read, or by its signature."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from api import bodies
from api.admission import visit_of
from api.authentication import is_signed, is_well_formed, unauthorized
from api.signature_headers import may_be_signed
from api.store_limits import StoreLimits
from bootstrap import Services
from clock import utc_now
from storage.stores import Store

MAX_BYTES = 64 * bodies.KIBIBYTE


@dataclass(frozen=True)
class AuthenticatedBody:
    """A body, and the store that proved to have sent it."""

    store: Store
    raw: bytes


@dataclass(frozen=True)
class Sender:
    """The sender of one request, and how it proves which store it is."""

    request: Request
    store_id: str
    services: Services
    limits: StoreLimits

    async def body(self) -> AuthenticatedBody:
        """The body. Nothing of it is read for a sender that proves nothing by its headers.

        Raises:
            HTTPException: 401, 408, 413 or 429.
        """
        sent = self.request.headers.get("authorization")
        if sent is None:
            return await self._signed_body()
        scheme, key = get_authorization_scheme_param(sent)
        return await self._body_with_key(key if scheme.lower() == "bearer" else None)

    async def _body_with_key(self, key: str | None) -> AuthenticatedBody:
        """The body, if the key is one of the store's.

        Raises:
            HTTPException: 401, it is not; 408, 413; 429, the store is over its rate.
        """
        if key is None or not is_well_formed(self.store_id):
            raise unauthorized()
        self.limits.refuse_known_key(self.store_id, key)
        admitted = self._admit(await self.services.stores.of_key(self.store_id, key), key)
        return AuthenticatedBody(admitted, await bodies.read_whole(self.request, MAX_BYTES))

    async def _signed_body(self) -> AuthenticatedBody:
        """The body, if a secret of the store signed it; it is read only where that may be so.

        Raises:
            HTTPException: 401, it is not; 408, 413; 429, the store is over its rate.
        """
        headers = self.request.headers
        if not is_well_formed(self.store_id) or not may_be_signed(headers, utc_now()):
            raise unauthorized()
        reading: bodies.UnauthenticatedBodies = self.request.app.state.signed_bodies
        raw = await reading.read(self.request, MAX_BYTES)
        secrets = await self.services.stores.signing_secrets(self.store_id)
        if not any(is_signed(secret, raw, headers) for secret in secrets):
            raise unauthorized()
        return AuthenticatedBody(
            self._admit(await self.services.stores.existing(self.store_id)), raw
        )

    def _admit(self, store: Store | None, key: str | None = None) -> Store:
        if store is None:
            raise unauthorized()
        visit_of(self.request).authenticate(store.store_id)
        self.limits.take_event(store, key)
        return store
