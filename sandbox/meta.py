"""A stand-in for Meta's Graph API that sends nothing and remembers everything.

Messages go to `/{version}/{phone_number_id}/messages` or `/marketing_messages`, the version
being optional. `/_sandbox` tells it how to fail and what it has received, and can make it strange.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from sandbox.bodies import json_or_text
from sandbox.faults import FaultQueue
from sandbox.graph import GraphAnswer, GraphFault, answer_to
from sandbox.hanging import hang
from sandbox.ledger import Ledger, Received
from sandbox.stranger import Stranger, control
from sandbox.template_message import TemplateMessage

LONGEST_HANG = timedelta(seconds=60)
"""Longer than any client of ours waits."""


class Message(BaseModel):
    """A message that reached a phone, whatever was answered."""

    id: str
    at: datetime
    path: str
    to: str
    template: str
    callback_data: str | None
    body: dict[str, Any]


def create_meta(ledger: Ledger) -> FastAPI:
    """The stand-in as an application that keeps what it receives in the ledger."""
    faults: FaultQueue[GraphFault] = FaultQueue()
    app = FastAPI(title="Stand-in for Graph API")
    stranger = Stranger()
    app.include_router(_control(ledger, faults, stranger), prefix="/_sandbox")
    app.include_router(control(stranger), prefix="/_sandbox")

    def fault_of(message: TemplateMessage) -> GraphFault | None:
        fault = faults.take(lambda waiting: waiting.to in {None, message.to})
        return fault or stranger.fault(message)

    @app.post("/{path:path}")
    async def post(path: str, request: Request) -> Response:
        body = json_or_text(await request.body())
        answer = answer_to(path, request.headers, body, fault_of)
        ledger.append(_received(path, request.headers, body, answer))
        await stranger.react(path.split("/")[-2:][0], answer)
        if answer.status is None:
            await hang(request, LONGEST_HANG)
            return Response(status_code=504)
        return JSONResponse(answer.content, answer.status)

    return app


def _control(ledger: Ledger, faults: FaultQueue[GraphFault], stranger: Stranger) -> APIRouter:
    router = APIRouter()

    @router.post("/faults", status_code=204)
    async def fail(fault: GraphFault) -> None:
        faults.add(fault)

    @router.get("/requests")
    async def requests() -> list[Received]:
        return ledger.entries

    @router.get("/messages")
    async def messages() -> list[Message]:
        return [_message(entry) for entry in ledger.entries if entry.message_id is not None]

    @router.delete("", status_code=204)
    async def reset() -> None:
        await stranger.end()
        faults.clear()
        ledger.reset()

    return router


def _received(path: str, headers: Mapping[str, str], body: Any, answer: GraphAnswer) -> Received:
    return Received(
        at=datetime.now(UTC),
        method="POST",
        path=f"/{path}",
        headers={name: value for name, value in headers.items() if name != "authorization"},
        body=body,
        status=answer.status,
        answer=answer.content,
        message_id=answer.message_id,
        wrong=answer.wrong,
    )


def _message(entry: Received) -> Message:
    return Message(
        id=str(entry.message_id),
        at=entry.at,
        path=entry.path,
        to=entry.body["to"],
        template=entry.body["template"]["name"],
        callback_data=entry.body.get("biz_opaque_callback_data"),
        body=entry.body,
    )
