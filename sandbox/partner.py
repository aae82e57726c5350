"""A stand-in for a partner's Journey Exit API, in both of the guide's forms.

`GET /fetch-user-events` answers; `/_sandbox` sets what customers did lately, queues failures and
lists the requests received.
"""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sandbox.customers import Customers, ExitQuery, ExitRequest, RecentEvent, read_request
from sandbox.faults import FaultQueue
from sandbox.partner_faults import PartnerFault, failed_answer


def create_partner(*, required_header: tuple[str, str] | None = None) -> FastAPI:
    """The stand-in as an application; with a required header it answers 401 without it."""
    customers = Customers()
    faults: FaultQueue[PartnerFault] = FaultQueue()
    app = FastAPI(title="Stand-in for a partner")
    app.include_router(_control(customers, faults), prefix="/_sandbox")

    @app.get("/fetch-user-events")
    async def fetch_user_events(request: Request) -> Response:
        received = read_request(request, await request.body())
        customers.requests.append(received)
        if required_header is not None and not _has(request, *required_header):
            return JSONResponse({"error": "unauthorized"}, 401)
        fault = faults.take()
        failed = None if fault is None else await failed_answer(fault, request)
        return failed or _answer(received, customers)

    return app


def _has(request: Request, name: str, value: str) -> bool:
    return request.headers.get(name) == value


def _answer(query: ExitQuery, customers: Customers) -> Response:
    if query.customer_id is None:
        return JSONResponse({"error": "customer_id is missing"}, 400)
    return JSONResponse(customers.answer(query.customer_id, query.event_count))


def _control(customers: Customers, faults: FaultQueue[PartnerFault]) -> APIRouter:
    router = APIRouter()

    @router.put("/customers/{customer_id}/events", status_code=204)
    async def put_events(customer_id: str, events: list[RecentEvent]) -> None:
        customers.put(customer_id, events)

    @router.post("/faults", status_code=204)
    async def add_fault(fault: PartnerFault) -> None:
        faults.add(fault)

    @router.get("/requests")
    async def requests() -> list[ExitRequest]:
        return customers.requests

    @router.delete("", status_code=204)
    async def reset() -> None:
        faults.clear()
        customers.clear()

    return router
