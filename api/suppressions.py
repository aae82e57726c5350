"""For the operator: numbers that a store must not message."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.dependencies import ExistingStore, Operator, ServicesDep
from api.errors import invalid
from api.openapi import error_responses
from domain.customers import phones
from domain.customers.identity import keyed_hash
from storage import opt_outs, suppressions

router = APIRouter(
    prefix="/v1/stores/{store_id}/suppressions",
    tags=["operator"],
    dependencies=[Operator],
    responses=error_responses(401, 404, 422, 503),
)


def _address_hash(store: ExistingStore, address: str) -> str:
    if phones.to_e164(address, None) != address:
        message = "is not a phone number in E.164 form, such as +919876543210"
        raise invalid("e164", message, "path", "address")
    return keyed_hash(store.hash_key, address)


@router.put("/{address}", status_code=204)
async def suppress(
    store: ExistingStore,
    address_hash: Annotated[str, Depends(_address_hash)],
    services: ServicesDep,
) -> None:
    """Have a number never messaged by this store; only a keyed hash of it is kept."""
    now = services.clock()
    async with services.database.transaction() as connection:
        await opt_outs.opt_out(connection, store.store_id, address_hash, "operator", now)


@router.delete("/{address}", status_code=204)
async def unsuppress(
    store: ExistingStore,
    address_hash: Annotated[str, Depends(_address_hash)],
    services: ServicesDep,
) -> None:
    """Let a number be messaged again."""
    async with services.database.transaction() as connection:
        await suppressions.remove(connection, store.store_id, address_hash, services.clock())
