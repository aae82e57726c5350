"""The first page: to operators all stores, those that need a person first; to a store its own."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import ServicesDep
from api.ui.answers import PageRoute, page, redirect
from api.ui.viewers import AdministeredStore, SignedIn
from operations import store_administration
from operations.store_overview import overview_of
from pages.stores import store_lines
from storage import stores

router = APIRouter(prefix="/ui", include_in_schema=False, route_class=PageRoute)
_of_store = APIRouter(prefix="/stores/{store_id}", route_class=PageRoute)


@router.get("")
async def home(request: Request, session: SignedIn, services: ServicesDep) -> Response:
    """All stores at a glance; a store is led to its own page."""
    if session.store_id is not None:
        return redirect(request, f"ui/stores/{session.store_id}")
    overview = await overview_of(services.database, services.clock())
    return page(
        request,
        "stores",
        session,
        lines=store_lines(overview.stores),
        of_no_store=overview.quarantined_of_no_store,
    )


@_of_store.post("/pause")
async def pause(request: Request, store: AdministeredStore, services: ServicesDep) -> Response:
    """Hold the store's journeys."""
    async with services.database.transaction() as connection:
        because = stores.PAUSED_BY_OPERATOR
        await stores.pause(connection, store.store_id, services.clock(), because)
    return redirect(request, f"ui/stores/{store.store_id}")


@_of_store.post("/resume")
async def resume(request: Request, store: AdministeredStore, services: ServicesDep) -> Response:
    """Let held journeys go on, also those of held templates."""
    async with services.database.transaction() as connection:
        await store_administration.resume(connection, store.store_id)
    return redirect(request, f"ui/stores/{store.store_id}")


router.include_router(_of_store)
