"""For the operator: what is stored about one customer, told or erased."""

from functools import partial
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import CustomerId, ExistingStore, Operator, Running
from api.errors import not_found
from api.openapi import refusals
from api.services import Services
from domain.traces import is_about, traces_of
from storage import customers
from storage.customers import Rows
from storage.stores import Store

router = APIRouter(
    prefix="/v1/stores/{store_id}/customers",
    tags=["operator"],
    dependencies=[Operator],
    responses=refusals(401, 422, 503),
)


class Export(BaseModel):
    """Everything that is stored about a customer, keyed hashes of the number apart."""

    customer_id: str
    events: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    journeys: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    suppressions: list[dict[str, Any]]
    quarantined: list[dict[str, Any]]


class Erased(BaseModel):
    """How much of what a customer posted was erased by this call."""

    customer_id: str
    events: int
    quarantined: int


@router.get("/{customer_id:path}", responses=refusals(404))
async def export_customer(
    store: ExistingStore, customer_id: CustomerId, services: Running
) -> Export:
    """Everything that is stored about a customer."""
    found = await _stored(services, store, customer_id)
    if not any(found.values()):
        raise not_found("customer")
    return Export.model_validate({"customer_id": customer_id, **found})


@router.delete("/{customer_id:path}", responses=refusals(404))
async def erase_customer(
    store: ExistingStore, customer_id: CustomerId, services: Running
) -> Erased:
    """End the open journey and erase what is personal; opt-outs stay. Safe to repeat.

    The exit is kept first: from then on nothing more is claimed of what was posted before.
    """
    found = await _stored(services, store, customer_id)
    if any(found.values()):
        await services.intake.exit(store, customer_id)
    bodies = found["quarantined"]
    async with services.database.transaction() as connection:
        events = await customers.erase(connection, store.store_id, customer_id, bodies)
    return Erased(customer_id=customer_id, events=events, quarantined=len(bodies))


async def _stored(services: Services, store: Store, customer_id: str) -> dict[str, Rows]:
    region = store.config.default_region
    async with services.database.reading() as connection:
        found = await customers.stored(connection, store.store_id, customer_id)
        traces = traces_of(customer_id, (event["body"] for event in found["events"]), region)
        about = partial(is_about, traces=traces, region=region)
        found["quarantined"] = await customers.quarantined_about(connection, store.store_id, about)
    return found
