"""Who looks at a page: an operator sees all, a store its own."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from api.admission import OPERATOR as OPERATORS_PLACE
from api.admission import visit_of
from api.dependencies import ServicesDep
from api.errors import not_found
from api.sessions import Session, is_own_origin, session_of
from api.ui.answers import SignInNeededError
from bootstrap import Services
from domain.stores.config import StoreId
from storage import keys, stores
from storage.stores import Store


async def current_session(request: Request, services: Services) -> Session | None:
    """The session of a request, unless it expired or its key was ended."""
    session = session_of(request, services.settings, services.clock())
    if session is None or session.store_id is None:
        return session
    async with services.database.reading() as connection:
        live = await keys.is_live(connection, session.store_id, session.key_id or "")
    return session if live else None


async def _signed_in(request: Request, services: ServicesDep) -> Session:
    session = await current_session(request, services)
    if session is None:
        raise SignInNeededError
    request.state.session = session
    if request.method != "GET" and not is_own_origin(request):
        raise HTTPException(403, "the form of another site")
    visit_of(request).authenticate(session.store_id or OPERATORS_PLACE)
    return session


SignedIn = Annotated[Session, Depends(_signed_in)]


async def _operator(session: SignedIn) -> Session:
    if not session.is_operator:
        raise HTTPException(403, "for operators alone")
    return session


OperatorSession = Annotated[Session, Depends(_operator)]


async def _visible_store(store_id: StoreId, session: SignedIn, services: ServicesDep) -> Store:
    if session.store_id not in {None, store_id}:
        raise HTTPException(403, "another store's")
    async with services.database.reading() as connection:
        store = await stores.get(connection, store_id)
    if store is None:
        raise not_found("store")
    return store


VisibleStore = Annotated[Store, Depends(_visible_store)]
"""Any store to an operator; to a store itself alone."""


async def _administered_store(store: VisibleStore, _: OperatorSession) -> Store:
    return store


AdministeredStore = Annotated[Store, Depends(_administered_store)]
"""A store, to an operator alone."""
