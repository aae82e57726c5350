"""For the operator: what is stored about one customer, told or erased."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import CustomerId, ExistingStore, Operator, Running
from api.errors import not_found
from api.openapi import refusals
from api.services import Services
from domain.traces import has_number_of, is_about, traces_of
from storage import customers
from storage.customers import Rows
from storage.messages import ERASED
from storage.stores import Store
from whatsapp.updates import Kind
from whatsapp.webhook import parse

IsAbout = Callable[[str], bool]
"""Whether a text is about the customer."""

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
    waiting: list[dict[str, Any]]
    """Updates of Meta's that are yet to be processed."""


class Erased(BaseModel):
    """How much of what a customer posted was erased by this call."""

    customer_id: str
    events: int
    messages: int
    quarantined: int


@router.get("/{customer_id:path}", responses=refusals(404))
async def export_customer(
    store: ExistingStore, customer_id: CustomerId, services: Running
) -> Export:
    """Everything that is stored about a customer."""
    found, is_about = await _stored(services, store, customer_id)
    async with services.database.reading() as connection:
        quarantined = await customers.quarantined_about(connection, store.store_id, is_about)
        waiting = await customers.waiting_about(connection, is_about)
    found["quarantined"] = [_without_others(row) for row in quarantined]
    found["waiting"] = [item for row in waiting for item in _items(row.body, is_about)]
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
    found, is_about = await _stored(services, store, customer_id)
    if any(found.values()):
        await services.intake.exit(store, customer_id)
    async with services.database.reading() as connection:
        waiting = await customers.waiting_about(connection, is_about)
    await services.webhooks.settle(waiting)
    async with services.database.transaction() as connection:
        bodies = await customers.quarantined_about(connection, store.store_id, is_about)
        erased = await customers.erase(connection, store.store_id, customer_id, bodies)
    return Erased(customer_id=customer_id, quarantined=len(bodies), **erased.__dict__)


async def _stored(
    services: Services, store: Store, customer_id: str
) -> tuple[dict[str, Rows], IsAbout]:
    """What is kept under the customer's id, and how else to recognise them."""
    region = store.config.default_region
    async with services.database.reading() as connection:
        found = await customers.stored(connection, store.store_id, customer_id)
        hashes = await customers.address_hashes(connection, store.store_id, customer_id)
    named = traces_of(customer_id, (event["body"] for event in found["events"]), region)
    sent = {row["provider_id"] for row in found["messages"]} - {None, ERASED}
    traces = named | sent

    def about(text: str) -> bool:
        return is_about(text, traces, region) or has_number_of(text, store.hash_key, hashes)

    return found, about


def _without_others(row: dict[str, Any]) -> dict[str, Any]:
    """A quarantined body as it may be shown to the customer: not with many people's updates."""
    return {**row, "body": None} if row["source"] == Kind.NOTIFICATION else row


def _items(body: bytes, is_about: IsAbout) -> list[Any]:
    """The updates of a notification that are about the customer, and no other's."""
    items = (update.item for update in parse(body))
    return [item for item in items if item is not None and is_about(json.dumps(item))]
