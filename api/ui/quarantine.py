"""Quarantine: what could not be read or routed, why, retried or discarded. For operators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.dependencies import ServicesDep
from api.errors import not_found
from api.quarantine import RowId, RowIdQuery
from api.ui.answers import PageRoute, page, redirect
from api.ui.viewers import OperatorSession
from domain.values.problems import InvalidBodyError
from ingest.quarantine_retry import NotRetryableError, UnreadableUpdateError
from pages.quarantine import readable_body
from storage import quarantine
from storage.quarantine import QuarantinePage

PAGE_SIZE = 100
router = APIRouter(prefix="/ui/quarantine", include_in_schema=False, route_class=PageRoute)
_of_row = APIRouter(prefix="/{row_id}", route_class=PageRoute)


@router.get("")
async def list_rows(
    request: Request,
    session: OperatorSession,
    services: ServicesDep,
    before: RowIdQuery = None,
    store: Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]*$")] = None,
) -> Response:
    """What is quarantined, newest first, of one store if it is named."""
    wanted = QuarantinePage(PAGE_SIZE + 1, before, store or None)
    async with services.database.reading(long=True) as connection:
        rows = await quarantine.listed(connection, wanted)
    shown = rows[:PAGE_SIZE]
    older = shown[-1]["id"] if len(rows) > PAGE_SIZE else None
    return page(request, "quarantine", session, rows=shown, store_id=store, older=older)


async def _existing_row(row_id: RowId, _: OperatorSession, services: ServicesDep) -> dict[str, Any]:
    async with services.database.reading() as connection:
        row = await quarantine.get(connection, row_id)
    if row is None:
        raise not_found("quarantined body")
    return row


Row = Annotated[dict[str, Any], Depends(_existing_row)]


@_of_row.get("")
async def show(request: Request, session: OperatorSession, row: Row) -> Response:
    """One body, and what is wrong with it."""
    return _row_page(request, session, row)


@_of_row.post("/retry")
async def retry(
    request: Request, session: OperatorSession, row: Row, services: ServicesDep
) -> Response:
    """Accept it as if it was posted now; what is still wrong is named."""
    try:
        await services.quarantine.retry(row)
    except InvalidBodyError as error:
        still = [problem.as_json() for problem in error.problems]
    except UnreadableUpdateError as error:
        still = [dict(problem) for problem in error.problems]
    except NotRetryableError as error:
        still = [{"msg": str(error)}]
    else:
        return redirect(request, "ui/quarantine")
    return _row_page(request, session, {**row, "errors": still}, retried=True)


@_of_row.post("/discard")
async def discard(request: Request, row: Row, services: ServicesDep) -> Response:
    """Delete a body."""
    async with services.database.transaction() as connection:
        await quarantine.remove(connection, row["id"])
    return redirect(request, "ui/quarantine")


def _row_page(
    request: Request, session: OperatorSession, row: dict[str, Any], *, retried: bool = False
) -> Response:
    body = readable_body(row["body"])
    status = 422 if retried else 200
    return page(request, "quarantined", session, status=status, row=row, body=body, retried=retried)


router.include_router(_of_row)
