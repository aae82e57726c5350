"""A store's first page: its state, how its journeys ended, and what became of its messages."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import ServicesDep
from api.ui.answers import PageRoute, page
from api.ui.viewers import SignedIn, VisibleStore
from operations import store_administration
from operations.statistics import statistics_of

PERIOD = timedelta(days=7)
router = APIRouter(prefix="/ui/stores/{store_id}", include_in_schema=False, route_class=PageRoute)


@router.get("")
async def show(
    request: Request, store: VisibleStore, session: SignedIn, services: ServicesDep
) -> Response:
    """The last seven days."""
    end = services.clock()
    start = end - PERIOD
    async with services.database.reading() as connection:
        state = await store_administration.state_of(connection, store)
    statistics = await statistics_of(services.database, store.store_id, start, end)
    return page(
        request,
        "results",
        session,
        zone=ZoneInfo(store.config.timezone),
        store=store,
        state=state,
        plans=statistics.plans,
        start=start,
        end=end,
    )
