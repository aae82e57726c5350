"""For the operator: what could not be understood or belongs to nobody, tried again or discarded."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from api import retrying
from api.dependencies import Operator, Running
from api.errors import not_found
from api.openapi import refusals
from storage import quarantine
from storage.quarantine import Page
from workflows.intake import Receipt

PAGE = 100
HIGHEST_ID = 2**63
router = APIRouter(
    prefix="/v1/quarantine",
    tags=["operator"],
    dependencies=[Operator],
    responses=refusals(401, 422, 503),
)


class Summary(BaseModel):
    """What is wrong with a body; personal data may stand in the body alone."""

    model_config = ConfigDict(extra="ignore")

    id: int
    store_id: str | None
    source: str
    phone_number_id: str | None
    received_at: AwareDatetime
    errors: list[Any]


class Whole(Summary):
    """The same, with the body."""

    body: str


class Listed(BaseModel):
    """A page, newest first."""

    quarantine: list[Summary]
    next_cursor: str | None


class Retried(BaseModel):
    """What became of it: an event's receipt, or how many of Meta's updates had which fate."""

    id: int
    receipt: Receipt | None = None
    fates: dict[str, int] | None = None


def _page(
    cursor: Annotated[int | None, Query(ge=1, lt=HIGHEST_ID)] = None,
    store_id: Annotated[str | None, Query(max_length=64)] = None,
    source: Annotated[str | None, Query(max_length=16)] = None,
    phone_number_id: Annotated[str | None, Query(max_length=256)] = None,
) -> Page:
    return Page(PAGE + 1, cursor, store_id, source, phone_number_id)


RowId = Annotated[int, Path(ge=1, lt=HIGHEST_ID)]


async def _existing(row_id: RowId, services: Running) -> dict[str, Any]:
    async with services.database.reading() as connection:
        row = await quarantine.get(connection, row_id)
    if row is None:
        raise not_found("quarantined body")
    return row


@router.get("")
async def list_quarantine(page: Annotated[Page, Depends(_page)], services: Running) -> Listed:
    """What is kept, of all stores and of none, or as asked for; without bodies."""
    async with services.database.reading() as connection:
        rows = await quarantine.summaries(connection, page)
    shown = [Summary.model_validate(row) for row in rows[:PAGE]]
    return Listed(quarantine=shown, next_cursor=str(shown[-1].id) if len(rows) > PAGE else None)


@router.get("/{row_id}", responses=refusals(404))
async def get_quarantined(row: Annotated[dict[str, Any], Depends(_existing)]) -> Whole:
    """One of them, with its body."""
    return Whole.model_validate(row)


@router.post("/{row_id}/retry", responses=refusals(404, 409))
async def retry(row: Annotated[dict[str, Any], Depends(_existing)], services: Running) -> Retried:
    """Take it in as if it had come now. What is still wrong is named, and stays."""
    result = await retrying.retry(services, row)
    async with services.database.transaction() as connection:
        await quarantine.remove(connection, row["id"])
    return Retried(id=row["id"], **result)


@router.delete("/{row_id}", status_code=204, responses=refusals(404))
async def discard(row_id: RowId, services: Running) -> None:
    """Forget it."""
    async with services.database.transaction() as connection:
        if not await quarantine.remove(connection, row_id):
            raise not_found("quarantined body")
