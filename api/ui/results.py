"""A store's first page: from left to came back, and the people behind each figure."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.dependencies import ServicesDep
from api.errors import not_found
from api.ui.answers import PageRoute, page
from api.ui.customer_references import reference_to
from api.ui.periods import DaysQuery, presets
from api.ui.viewers import SignedIn, VisibleStore
from operations import store_administration
from operations.funnel import funnel_of
from operations.people import FIGURES, people_of
from operations.results import results_by
from pages.results import compared, plot_of, revenue_of, stages
from storage.people_behind import Behind
from storage.result_groups import By

PAGE_SIZE = 100
MAX_OFFSET = 100_000
router = APIRouter(prefix="/ui/stores/{store_id}", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def show(
    request: Request,
    store: VisibleStore,
    session: SignedIn,
    days: DaysQuery,
    services: ServicesDep,
) -> Response:
    """The funnel, plans and steps, days, templates and variants, and what was not sent."""
    by = await results_by(services.database, store, By, days.start, days.end, now=services.clock())
    funnel = await funnel_of(services.database, store.store_id, days.start, days.end)
    async with services.database.reading() as connection:
        state = await store_administration.state_of(connection, store)
    return page(
        request,
        "results",
        session,
        zone=days.zone,
        store=store,
        state=state,
        days=days,
        presets=presets(store, days, services.clock()),
        funnel=funnel,
        stages=stages(funnel, by[By.PLAN]),
        revenue=revenue_of(by[By.PLAN], "within_window"),
        plans=by[By.PLAN],
        steps=by[By.STEP].rows,
        by_day=by[By.DAY].rows,
        templates=compared(by[By.TEMPLATE].rows),
        variants=compared([row for row in by[By.VARIANT].rows if row.variant]),
        plot=plot_of(by[By.DAY], days.first, days.last),
    )


Text = Annotated[str | None, Query(max_length=512, pattern=r"^[^\x00]*$")]


async def _behind(  # noqa: PLR0913, PLR0917  # the parts of a figure
    days: DaysQuery,
    figure: Annotated[str, Query(max_length=32)],
    plan: Text = None,
    step: Annotated[int | None, Query(ge=0, le=100)] = None,
    variant: Text = None,
    template: Text = None,
    language: Text = None,
    outcome: Text = None,
    reason: Text = None,
) -> Behind:
    """Which figure is meant."""
    if figure not in FIGURES:
        raise not_found("figure")
    return Behind(
        figure, days.start, days.end, plan, step, variant, template, language, outcome, reason
    )


BehindQuery = Annotated[Behind, Depends(_behind)]


@router.get("/people")
async def people(  # noqa: PLR0913, PLR0917  # FastAPI's dependencies
    request: Request,
    store: VisibleStore,
    session: SignedIn,
    days: DaysQuery,
    behind: BehindQuery,
    services: ServicesDep,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> Response:
    """The customers behind a figure, each with a link to their story."""
    found = await people_of(services.database, store, behind, offset, PAGE_SIZE + 1)
    shown = [
        (each, reference_to(services.settings, store.store_id, each.customer_id))
        for each in found[:PAGE_SIZE]
    ]
    more = {**request.query_params, "offset": str(offset + PAGE_SIZE)}
    return page(
        request,
        "people",
        session,
        zone=days.zone,
        store=store,
        days=days,
        behind=behind,
        people=shown,
        more=more if len(found) > PAGE_SIZE else None,
    )
