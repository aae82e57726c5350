"""For the operator: numbers that a store must not message."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.dependencies import ExistingStore, Operator, ServicesDep
from api.errors import invalid
from api.openapi_answers import error_responses
from domain.customers import phones
from domain.customers.identity import number_hashes
from domain.customers.number_forms import forms_of
from storage import opt_outs

router = APIRouter(
    prefix="/v1/stores/{store_id}/suppressions",
    tags=["operator"],
    dependencies=[Operator],
    responses=error_responses(404),
)


def _number_hashes(store: ExistingStore, address: str) -> frozenset[str]:
    """Of every form of the number; one that only WhatsApp uses, such as +52 1 55…, is one, too."""
    if all(phones.to_e164(form, None) != form for form in forms_of(address)):
        message = "is not a phone number in E.164 form, such as +919876543210"
        raise invalid("e164", message, "path", "address")
    return number_hashes(store.hash_key, address)


@router.put("/{address}", status_code=204)
async def suppress(
    store: ExistingStore,
    hashes: Annotated[frozenset[str], Depends(_number_hashes)],
    services: ServicesDep,
) -> None:
    """Have a person never messaged by this store; only keyed hashes of the number are kept.

    Every form of the number counts, and all that Meta has said to be the same person's.
    """
    now = services.clock()
    async with services.database.transaction() as connection:
        await opt_outs.opt_out_person(connection, store.store_id, hashes, "operator", now)


@router.delete("/{address}", status_code=204)
async def unsuppress(
    store: ExistingStore,
    hashes: Annotated[frozenset[str], Depends(_number_hashes)],
    services: ServicesDep,
) -> None:
    """Let a person be messaged again, by any form of their number."""
    async with services.database.transaction() as connection:
        await opt_outs.remove_person(connection, store.store_id, hashes, services.clock())
