"""A customer's pages: looked up, explained, ended; for operators exported and erased.

What a person types to find a customer is posted, and answered by a redirect: it stands in no
address and in no log.
"""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from api.dependencies import ServicesDep
from api.errors import not_found
from api.history_cursor import HistoryCursorQuery, to_history_cursor
from api.ui.answers import PageRoute, page, redirect
from api.ui.customer_references import customer_of_reference, reference_to
from api.ui.forms import Form
from api.ui.viewers import AdministeredStore, SignedIn, VisibleStore
from bootstrap import Services
from domain.values.exact_json import write_json
from operations.customer_keys import customer_of
from operations.customer_search import find_customers
from pages.story import stories_of, web_ui_link
from storage.stores import Store

router = APIRouter(
    prefix="/ui/stores/{store_id}/customers", include_in_schema=False, route_class=PageRoute
)
_of_customer = APIRouter(prefix="/{reference}", route_class=PageRoute)


async def _customer_id(request: Request, store_id: str, reference: str) -> str:
    return customer_of_reference(request, store_id, reference)


CustomerId = Annotated[str, Depends(_customer_id)]
"""Of the reference in the path; a route names the store before it, so that it is checked first."""


@router.get("")
async def search(request: Request, store: VisibleStore, session: SignedIn) -> Response:
    """The form."""
    return page(request, "customers", session, store=store, found=None)


@router.post("")
async def look_up(
    request: Request, store: VisibleStore, session: SignedIn, services: ServicesDep, form: Form
) -> Response:
    """Lead to the customer, or list those who are meant."""
    text = form.get("customer", "")
    found = await find_customers(services.database, store, text) if text else []
    references = {each: reference_to(services.settings, store.store_id, each) for each in found}
    if len(found) == 1:
        return redirect(request, _path(store, references[found[0]]))
    return page(request, "customers", session, store=store, found=references)


def _path(store: Store, reference: str) -> str:
    return f"ui/stores/{store.store_id}/customers/{reference}"


@_of_customer.get("")
async def show(  # noqa: PLR0913, PLR0917  # FastAPI's dependencies
    request: Request,
    store: VisibleStore,
    session: SignedIn,
    customer_id: CustomerId,
    services: ServicesDep,
    after: HistoryCursorQuery,
    reference: str,
) -> Response:
    """Every journey as a story, what was ignored, and what may be done."""
    customer = await customer_of(services.database, store, customer_id)
    found = await services.history.read(customer, after)
    if found is None:
        raise not_found("customer")
    history = found.history
    return page(
        request,
        "customer",
        session,
        zone=ZoneInfo(store.config.timezone),
        store=store,
        customer_id=customer.customer_id,
        reference=reference,
        history=history,
        stories=stories_of(history.journeys),
        cursor=found.next and to_history_cursor(found.next),
        is_first=after is None,
        web_ui=_web_ui(services, history.journey_id) if session.is_operator else None,
    )


def _web_ui(services: Services, journey_id: str) -> str | None:
    origin = services.settings.temporal_ui_origin
    return web_ui_link(origin, services.temporal.namespace, journey_id)


@_of_customer.post("/exit")
async def end_journey(
    request: Request,
    store: VisibleStore,
    customer_id: CustomerId,
    services: ServicesDep,
    reference: str,
) -> Response:
    """End the open journey; without one nothing happens."""
    customer = await customer_of(services.database, store, customer_id)
    await services.intake.exit(store, customer.customer_id)
    return redirect(request, _path(store, reference))


@_of_customer.get("/export")
async def export(
    store: AdministeredStore, customer_id: CustomerId, services: ServicesDep
) -> Response:
    """Everything that is stored, as a file."""
    found = await services.customer_data.export(store, customer_id)
    if found is None:
        raise not_found("customer")
    headers = {
        "Content-Disposition": 'attachment; filename="customer.json"',
        "Cache-Control": "no-store",
    }
    return Response(write_json(found.model_dump()), 200, headers, "application/json")


@_of_customer.post("/erase")
async def erase(  # noqa: PLR0913, PLR0917  # FastAPI's dependencies
    request: Request,
    store: AdministeredStore,
    session: SignedIn,
    customer_id: CustomerId,
    services: ServicesDep,
    form: Form,
) -> Response:
    """Erase what is personal, once it is confirmed."""
    if form.get("confirmed") != "yes":
        raise HTTPException(409, "not confirmed")
    erased = await services.customer_data.erase(store, customer_id)
    return page(request, "erased", session, store=store, erased=erased)


router.include_router(_of_customer)
