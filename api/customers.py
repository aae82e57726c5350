"""For the operator: what is stored about one customer, exported or erased."""

from fastapi import APIRouter

from api.dependencies import CustomerIdPath, ExistingStore, Operator, ServicesDep
from api.errors import not_found
from api.openapi import error_responses
from operations.customer_data import Erased, Export

router = APIRouter(
    prefix="/v1/stores/{store_id}/customers",
    tags=["operator"],
    dependencies=[Operator],
    responses=error_responses(401, 422, 503),
)


@router.get("/{customer_id:path}", responses=error_responses(404))
async def export_customer(
    store: ExistingStore, customer_id: CustomerIdPath, services: ServicesDep
) -> Export:
    """Everything that is stored about a customer."""
    export = await services.customer_data.export(store, customer_id)
    if export is None:
        raise not_found("customer")
    return export


@router.delete("/{customer_id:path}", responses=error_responses(404))
async def erase_customer(
    store: ExistingStore, customer_id: CustomerIdPath, services: ServicesDep
) -> Erased:
    """End the open journey and erase what is personal; opt-outs stay. Idempotent."""
    return await services.customer_data.erase(store, customer_id)
