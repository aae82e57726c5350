"""Dependencies of routes: the services, the operator, an authenticated store."""

from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import HTTPAuthorizationCredentials

from api.admission import OPERATOR, visit_of
from api.authentication import is_admin, store_of_key, unauthorized
from api.errors import not_found
from api.openapi_security import OPERATOR_TOKEN, STORE_KEY
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


Credentials = HTTPAuthorizationCredentials | None


async def _operator_token(sent: Annotated[Credentials, Depends(OPERATOR_TOKEN)]) -> str | None:
    return sent.credentials if sent else None


async def _store_key(sent: Annotated[Credentials, Depends(STORE_KEY)]) -> str | None:
    return sent.credentials if sent else None


OperatorToken = Annotated[str | None, Depends(_operator_token)]
StoreKey = Annotated[str | None, Depends(_store_key)]
"""The same header; routes say by these whose it may be."""

CustomerIdPath = Annotated[AddressableId, Path()]
"""As partners have them, slashes included."""


async def _admin(request: Request, services: ServicesDep, token: OperatorToken) -> None:
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
    request: Request,
    store_id: StoreId,
    services: ServicesDep,
    token: OperatorToken,
    key: StoreKey,
) -> Store:
    if is_admin(services.settings, token):
        visit_of(request).authenticate(OPERATOR)
        return await _existing_store(store_id, services)
    async with services.database.reading() as connection:
        store = await store_of_key(connection, store_id, key or "")
    if store is None:
        raise unauthorized()
    visit_of(request).authenticate(store_id)
    return store


OwnStore = Annotated[Store, Depends(_own_store)]
"""For the operator, and for the store itself."""
