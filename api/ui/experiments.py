"""A store's experiments; for operators also started and ended."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from api.dependencies import ServicesDep
from api.errors import not_found
from api.ui.answers import PageRoute, page, redirect
from api.ui.forms import Form
from api.ui.viewers import AdministeredStore, SignedIn, VisibleStore
from bootstrap import Services
from operations.experiment_control import NoSuchPlanError, set_holdout
from operations.experiment_forecasts import SHARES
from operations.experiment_list import experiments_of
from pages.experiments import by_plan, shown
from storage.stores import Store

router = APIRouter(
    prefix="/ui/stores/{store_id}/experiments", include_in_schema=False, route_class=PageRoute
)


@router.get("")
async def show(
    request: Request, store: VisibleStore, session: SignedIn, services: ServicesDep
) -> Response:
    """What each experiment found, and how long one would take."""
    found = await experiments_of(services.database, store, services.clock())
    return page(
        request,
        "experiments",
        session,
        zone=ZoneInfo(store.config.timezone),
        store=store,
        experiments=shown(found.experiments),
        forecasts=by_plan(found.forecasts),
    )


@router.post("/start")
async def start(
    request: Request, store: AdministeredStore, services: ServicesDep, form: Form
) -> Response:
    """Hold a share of a plan's people out."""
    shares = {str(share): share for share in SHARES}
    share = shares.get(form.get("holdout", ""))
    if share is None:
        raise HTTPException(409, "no such share")
    return await _set(request, store, services, form.get("plan", ""), share)


@router.post("/end")
async def end(
    request: Request, store: AdministeredStore, services: ServicesDep, form: Form
) -> Response:
    """Hold no one out any more; what was found stays."""
    return await _set(request, store, services, form.get("plan", ""), 0)


async def _set(
    request: Request, store: Store, services: Services, plan: str, share: float
) -> Response:
    try:
        await set_holdout(services.database, store.store_id, plan, share, services.clock())
    except NoSuchPlanError:
        raise not_found("plan") from None
    services.stores.forget(store.store_id)
    return redirect(request, f"ui/stores/{store.store_id}/experiments")
