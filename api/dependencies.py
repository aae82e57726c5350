"""Dependencies of routes: the services, the operator, an authenticated store."""

from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.admission import OPERATOR, visit_of
from api.authentication import is_admin, store_of_key, unauthorized
from api.errors import not_found
from bootstrap import Services
from domain.events.partner_schema import AddressableId
from domain.stores.config import StoreId
from storage import stores
from storage.stores import Store


async def _services(request: Request) -> Services:
    """Async, as all dependencies that do not block: others wait for a thread."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]


async def _bearer_token(
    credentials: Annotated[
        HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))
    ],
) -> str | None:
    return credentials.credentials if credentials else None


BearerToken = Annotated[str | None, Depends(_bearer_token)]
CustomerIdPath = Annotated[AddressableId, Path()]
"""As partners have them, slashes included."""


async def _admin(request: Request, services: ServicesDep, token: BearerToken) -> None:
    if not is_admin(services.settings, token):
        raise unauthorized()
    visit_of(request).authenticate(OPERATOR)


Operator = Depends(_admin)


async def _existing_store(store_id: StoreId, services: ServicesDep) -> Store:
    async with services.database.reading() as connection:
        store = await stores.get(connection, store_id)
    if store is None:
        raise not_found("store")
    return store


ExistingStore = Annotated[Store, Depends(_existing_store)]
"""For the operator, who may know which stores there are."""


async def _own_store(
    request: Request, store_id: StoreId, services: ServicesDep, token: BearerToken
) -> Store:
    if is_admin(services.settings, token):
        visit_of(request).authenticate(OPERATOR)
        return await _existing_store(store_id, services)
    async with services.database.reading() as connection:
        store = await store_of_key(connection, store_id, token or "")
    if store is None:
        raise unauthorized()
    visit_of(request).authenticate(store_id)
    return store


OwnStore = Annotated[Store, Depends(_own_store)]
"""For the operator, and for the store itself."""
