"""For the operator: quarantined bodies and updates, listed, retried or discarded."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from api.dependencies import ExistingStore, Operator, ServicesDep
from api.errors import not_found
from api.openapi_answers import error_responses
from ingest.receipts import Receipt
from storage import quarantine
from storage.quarantine import QuarantinePage

PAGE_SIZE = 100
MAX_ID = 2**63
router = APIRouter(tags=["operator"], dependencies=[Operator])
_of_store = APIRouter(prefix="/v1/stores/{store_id}/quarantine")
_of_all = APIRouter(prefix="/v1/quarantine")

RowId = Annotated[int, Path(ge=1, lt=MAX_ID)]
RowIdQuery = Annotated[int | None, Query(ge=1, lt=MAX_ID)]


class _QuarantinedRow(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: int
    source: str
    received_at: AwareDatetime
    errors: list[Any]


class StoreQuarantineEntry(_QuarantinedRow):
    """A posted event that was answered 422, or an unreadable update of Meta's, of one store."""

    body: str


class QuarantineSummary(_QuarantinedRow):
    """What is wrong with a body. Personal data may stand in the body alone."""

    store_id: str | None
    phone_number_id: str | None


class QuarantinedBody(QuarantineSummary):
    """The same, with the body."""

    body: str


class QuarantineList(BaseModel):
    """A page, newest first."""

    quarantine: list[QuarantineSummary]
    next_cursor: str | None


class Retried(BaseModel):
    """The result of a retry: an event's receipt, or how many updates had which result."""

    id: int
    receipt: Receipt | None = None
    results: dict[str, int] | None = None


def _page(
    cursor: RowIdQuery = None,
    store_id: Annotated[str | None, Query(max_length=64)] = None,
    source: Annotated[str | None, Query(max_length=16)] = None,
    phone_number_id: Annotated[str | None, Query(max_length=256)] = None,
) -> QuarantinePage:
    return QuarantinePage(PAGE_SIZE + 1, cursor, store_id, source, phone_number_id)


async def _existing_row(row_id: RowId, services: ServicesDep) -> dict[str, Any]:
    async with services.database.reading() as connection:
        row = await quarantine.get(connection, row_id)
    if row is None:
        raise not_found("quarantined body")
    return row


@_of_store.get("", responses=error_responses(404))
async def list_quarantine_of_store(
    store: ExistingStore, services: ServicesDep, before: RowIdQuery = None
) -> dict[str, list[StoreQuarantineEntry]]:
    """Invalid events and what was wrong with them, newest first; `before` an id for older ones."""
    page = QuarantinePage(PAGE_SIZE, before, store.store_id)
    async with services.database.reading(long=True) as connection:
        rows = await quarantine.listed(connection, page, with_bodies=True)
    return {"quarantine": [StoreQuarantineEntry.model_validate(row) for row in rows]}


@_of_all.get("")
async def list_quarantine(
    page: Annotated[QuarantinePage, Depends(_page)], services: ServicesDep
) -> QuarantineList:
    """All that is quarantined, of every store and of none, filtered as asked; without bodies."""
    async with services.database.reading(long=True) as connection:
        rows = await quarantine.listed(connection, page)
    shown = [QuarantineSummary.model_validate(row) for row in rows[:PAGE_SIZE]]
    next_cursor = str(shown[-1].id) if len(rows) > PAGE_SIZE else None
    return QuarantineList(quarantine=shown, next_cursor=next_cursor)


@_of_all.get("/{row_id}", responses=error_responses(404))
async def get_quarantined(
    row: Annotated[dict[str, Any], Depends(_existing_row)],
) -> QuarantinedBody:
    """One quarantined body."""
    return QuarantinedBody.model_validate(row)


@_of_all.post("/{row_id}/retry", responses=error_responses(404, 409))
async def retry(
    row: Annotated[dict[str, Any], Depends(_existing_row)], services: ServicesDep
) -> Retried:
    """Accept it as if it was posted now. What is still wrong is named, and stays."""
    result = await services.quarantine.retry(row)
    return Retried(id=row["id"], receipt=result.receipt, results=result.results)


@_of_all.delete("/{row_id}", status_code=204, responses=error_responses(404))
async def discard(row_id: RowId, services: ServicesDep) -> None:
    """Delete a quarantined body."""
    async with services.database.transaction() as connection:
        if not await quarantine.remove(connection, row_id):
            raise not_found("quarantined body")


router.include_router(_of_store)
router.include_router(_of_all)
