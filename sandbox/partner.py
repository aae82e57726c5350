"""A stand-in for a partner's Journey Exit API, in both of the guide's forms.

`GET /fetch-user-events` answers; `/_sandbox` says what customers did lately, how to fail, and
what was asked.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from pydantic import Field

from sandbox.customers import Asked, Customers, RecentEvent, asked_by
from sandbox.faults import Fault, FaultQueue
from sandbox.hanging import hang

HUGE_CHUNKS = 64
CHUNK = b" " * 1024 * 1024


class PartnerFailure(StrEnum):
    """How asking can go wrong."""

    SLOW = "slow"
    """The right answer, `seconds` late."""
    WRONG = "wrong"
    """200 with JSON that does not have the guide's form."""
    DOWN = "down"
    NOT_FOUND = "not_found"
    REDIRECT = "redirect"
    """To the very same URL, which then would answer rightly."""
    HUGE = "huge"
    """64 MiB of white space."""


class PartnerFault(Fault):
    """A failure of the next so many requests."""

    fault: PartnerFailure
    seconds: Annotated[float, Field(ge=0, le=60)] = 0


def create_partner(*, required_header: tuple[str, str] | None = None) -> FastAPI:
    """The stand-in as an application; with a required header it answers 401 without it."""
    customers = Customers()
    faults: FaultQueue[PartnerFault] = FaultQueue()
    app = FastAPI(title="Stand-in for a partner")
    app.include_router(_control(customers, faults), prefix="/_sandbox")

    @app.get("/fetch-user-events")
    async def fetch_user_events(request: Request) -> Response:
        asked = asked_by(request, await request.body())
        customers.requests.append(asked)
        if required_header is not None and not _has(request, *required_header):
            return JSONResponse({"error": "unauthorized"}, 401)
        fault = faults.take()
        failure = None if fault is None else await _failed(fault, request)
        return failure or _answer(asked, customers)

    return app


def _has(request: Request, name: str, value: str) -> bool:
    return request.headers.get(name) == value


def _answer(asked: Asked, customers: Customers) -> Response:
    if asked.customer_id is None:
        return JSONResponse({"error": "customer_id is missing"}, 400)
    return JSONResponse(customers.answer(asked.customer_id, asked.event_count))


async def _failed(fault: PartnerFault, request: Request) -> Response | None:
    """The answer of a fault, None when the right answer follows after all."""
    match fault.fault:
        case PartnerFailure.SLOW:
            await hang(request, timedelta(seconds=fault.seconds))
            return None
        case PartnerFailure.REDIRECT:
            return RedirectResponse(request.url)
        case PartnerFailure.HUGE:
            return StreamingResponse(_white_space(), media_type="application/json")
    return _BROKEN[fault.fault]()


def _wrong() -> Response:
    return JSONResponse({"recent_events": {"cart_update": "yesterday"}})


def _down() -> Response:
    return Response(status_code=503)


def _not_found() -> Response:
    return JSONResponse({"error": "no such customer"}, 404)


_BROKEN = {
    PartnerFailure.WRONG: _wrong,
    PartnerFailure.DOWN: _down,
    PartnerFailure.NOT_FOUND: _not_found,
}


async def _white_space() -> AsyncIterator[bytes]:
    for _ in range(HUGE_CHUNKS):
        yield CHUNK


def _control(customers: Customers, faults: FaultQueue[PartnerFault]) -> APIRouter:
    router = APIRouter()

    @router.put("/customers/{customer_id}/events", status_code=204)
    async def put_events(customer_id: str, events: list[RecentEvent]) -> None:
        customers.put(customer_id, events)

    @router.post("/faults", status_code=204)
    async def fail(fault: PartnerFault) -> None:
        faults.add(fault)

    @router.get("/requests")
    async def requests() -> list[Asked]:
        return customers.requests

    @router.delete("", status_code=204)
    async def reset() -> None:
        faults.clear()
        customers.clear()

    return router
