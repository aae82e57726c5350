"""A stand-in for Meta's Graph API that sends nothing and keeps every request.

Messages go to `/{version}/{phone_number_id}/messages` or `/marketing_messages`; the version is
optional. `/_sandbox` queues failures, lists what was received, sets templates and starts chaos.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from sandbox.bodies import json_or_text
from sandbox.chaos_control import ChaosMeta, chaos_control
from sandbox.faults import FaultQueue
from sandbox.graph import GraphAnswer, GraphFault, answer_to
from sandbox.hanging import hang
from sandbox.ledger import Ledger, ReceivedRequest
from sandbox.template_message import TemplateMessage
from sandbox.template_routes import template_control, template_list
from sandbox.templates import Templates


class ReceivedMessage(BaseModel):
    """A message that reached a phone, also if the answer was an error."""

    id: str
    at: datetime
    path: str
    to: str
    template: str
    callback_data: str | None
    body: dict[str, Any]


def create_meta(ledger: Ledger) -> FastAPI:
    """The stand-in as an application that keeps requests in the ledger."""
    faults: FaultQueue[GraphFault] = FaultQueue()
    chaos, templates = ChaosMeta(), Templates()
    app = FastAPI(title="Stand-in for Graph API")
    app.include_router(_control(ledger, faults, chaos, templates), prefix="/_sandbox")
    app.include_router(chaos_control(chaos), prefix="/_sandbox")
    app.include_router(template_control(templates), prefix="/_sandbox")
    app.include_router(template_list(templates))

    def fault_of(message: TemplateMessage) -> GraphFault | None:
        fault = faults.take(lambda waiting: waiting.to in {None, message.to})
        return fault or chaos.fault(message)

    @app.post("/{path:path}")
    async def post(path: str, request: Request) -> Response:
        body = json_or_text(await request.body())
        answer = answer_to(path, request.headers, body, fault_of, templates.check)
        ledger.append(_received(path, request.headers, body, answer))
        await chaos.before_answer(_phone_number_id(path), answer)
        if answer.status is None:
            await hang(request)
            return Response(status_code=504)
        return JSONResponse(answer.content, answer.status)

    return app


def _control(
    ledger: Ledger, faults: FaultQueue[GraphFault], chaos: ChaosMeta, templates: Templates
) -> APIRouter:
    router = APIRouter()

    @router.post("/faults", status_code=204)
    async def add_fault(fault: GraphFault) -> None:
        faults.add(fault)

    @router.get("/requests")
    async def requests() -> list[ReceivedRequest]:
        return ledger.entries

    @router.get("/messages")
    async def messages() -> list[ReceivedMessage]:
        return [_message(entry) for entry in ledger.entries if entry.message_id is not None]

    @router.delete("", status_code=204)
    async def reset() -> None:
        await chaos.stop()
        faults.clear()
        templates.clear()
        ledger.reset()

    return router


def _phone_number_id(path: str) -> str:
    return path.split("/")[-2:][0]


def _received(
    path: str, headers: Mapping[str, str], body: Any, answer: GraphAnswer
) -> ReceivedRequest:
    return ReceivedRequest(
        at=datetime.now(UTC),
        method="POST",
        path=f"/{path}",
        headers={name: value for name, value in headers.items() if name != "authorization"},
        body=body,
        status=answer.status,
        answer=answer.content,
        message_id=answer.message_id,
        problem=answer.problem,
    )


def _message(entry: ReceivedRequest) -> ReceivedMessage:
    return ReceivedMessage(
        id=str(entry.message_id),
        at=entry.at,
        path=entry.path,
        to=entry.body["to"],
        template=entry.body["template"]["name"],
        callback_data=entry.body.get("biz_opaque_callback_data"),
        body=entry.body,
    )
