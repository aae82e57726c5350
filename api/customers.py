"""For the operator: what is stored about one customer, exported or erased."""

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import CustomerIdPath, ExistingStore, Operator, ServicesDep
from api.errors import not_found
from api.openapi_answers import error_responses
from domain.values.exact_json import write_json
from operations.customer_data import Erased, Export

router = APIRouter(
    prefix="/v1/stores/{store_id}/customers",
    tags=["operator"],
    dependencies=[Operator],
)


@router.get("/{customer_id:path}", response_model=Export, responses=error_responses(404))
async def export_customer(
    store: ExistingStore, customer_id: CustomerIdPath, services: ServicesDep
) -> Response:
    """Everything that is stored about a customer; numbers have the digits that were posted."""
    export = await services.customer_data.export(store, customer_id)
    if export is None:
        raise not_found("customer")
    return Response(write_json(export.model_dump()), media_type="application/json")


@router.delete("/{customer_id:path}", responses=error_responses(404))
async def erase_customer(
    store: ExistingStore, customer_id: CustomerIdPath, services: ServicesDep
) -> Erased:
    """End the open journey and erase what is personal; opt-outs stay. Idempotent."""
    return await services.customer_data.erase(store, customer_id)
