"""For the operator: all stores at a glance."""

from fastapi import APIRouter

from api.dependencies import Operator, ServicesDep
from operations.store_overview import Overview, overview_of, with_open_journeys

router = APIRouter(prefix="/v1/stores", tags=["operator"], dependencies=[Operator])


@router.get("")
async def list_stores(services: ServicesDep, *, open_journeys: bool = True) -> Overview:
    """All stores with their state, those that need a person first.

    `open_journeys` by stage takes three counts of Temporal's a store, and is null where it does not
    answer in time; `?open_journeys=false` does without.
    """
    overview = await overview_of(services.database, services.clock())
    if open_journeys:
        return await with_open_journeys(overview, services.journeys)
    return overview
