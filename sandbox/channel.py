"""A stand-in for a store's own channel. It checks signatures and sends nothing.

`POST /{name}` takes a message; `/_sandbox` queues failures and lists the messages taken.
"""

from enum import StrEnum
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.bodies import json_or_text
from sandbox.faults import Fault, FaultQueue
from sandbox.hanging import hang

SECRET = "whsec_c2FuZGJveC1jaGFubmVsLXNpZ25pbmcta2V5"  # noqa: S105  # protects nothing
"""Messages to the channel must be signed with it."""


class ChannelFailure(StrEnum):
    """How a channel can fail."""

    DECLINED = "declined"
    THROTTLED = "throttled"
    BROKEN = "broken"
    DONE_BUT_TIMEOUT = "done_but_timeout"
    """The message was taken and no answer comes."""


class ChannelFault(Fault):
    """A failure of the next messages."""

    fault: ChannelFailure


class ChannelMessage(BaseModel):
    """A message that the channel took."""

    channel: str
    webhook_id: str
    body: Any


_STATUS: Final = {
    None: 202,
    ChannelFailure.DECLINED: 422,
    ChannelFailure.THROTTLED: 429,
    ChannelFailure.BROKEN: 502,
}


def create_channel() -> FastAPI:
    """The stand-in as an application that keeps the messages it took."""
    faults: FaultQueue[ChannelFault] = FaultQueue()
    messages: list[ChannelMessage] = []
    app = FastAPI(title="Stand-in for a channel")
    app.include_router(_control(faults, messages), prefix="/_sandbox")

    @app.post("/{name}")
    async def receive(name: str, request: Request) -> Response:
        body = await request.body()
        if not _is_signed(request, body):
            return Response(status_code=401)
        fault = faults.take()
        failure = None if fault is None else fault.fault
        if failure in {None, ChannelFailure.DONE_BUT_TIMEOUT}:
            messages.append(_message(name, request, body))
        if failure is ChannelFailure.DONE_BUT_TIMEOUT:
            await hang(request)
        return Response(status_code=_STATUS.get(failure, 504))

    return app


def _is_signed(request: Request, body: bytes) -> bool:
    try:
        Webhook(SECRET).verify(body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


def _message(channel: str, request: Request, body: bytes) -> ChannelMessage:
    webhook_id = request.headers["webhook-id"]
    return ChannelMessage(channel=channel, webhook_id=webhook_id, body=json_or_text(body))


def _control(faults: FaultQueue[ChannelFault], taken: list[ChannelMessage]) -> APIRouter:
    router = APIRouter()

    @router.post("/faults", status_code=204)
    async def add_fault(fault: ChannelFault) -> None:
        faults.add(fault)

    @router.get("/messages")
    async def messages() -> list[ChannelMessage]:
        return taken

    return router
