"""A stand-in for a store's own channel: it checks signatures, and sends nothing.

`POST /{name}` takes a message; `/_sandbox` says how to fail and what was taken.
"""

from enum import StrEnum
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.bodies import json_or_text
from sandbox.faults import Fault, FaultQueue
from sandbox.hanging import hang
from sandbox.meta import LONGEST_HANG

SECRET = "whsec_c2FuZGJveC1jaGFubmVsLXNpZ25pbmcta2V5"  # noqa: S105  # known to whoever reads this
"""What its messages must be signed with."""


class ChannelFailure(StrEnum):
    """How a channel can fail."""

    DECLINED = "declined"
    THROTTLED = "throttled"
    BROKEN = "broken"
    DONE_BUT_TIMEOUT = "done_but_timeout"
    """The message was taken and no answer comes."""


class ChannelFault(Fault):
    """A failure of the next so many messages."""

    fault: ChannelFailure


class Taken(BaseModel):
    """A message that the channel would send."""

    channel: str
    webhook_id: str
    body: Any


_STATUS = {
    None: 202,
    ChannelFailure.DECLINED: 422,
    ChannelFailure.THROTTLED: 429,
    ChannelFailure.BROKEN: 502,
}


def create_channel() -> FastAPI:
    """The stand-in as an application that remembers what it took."""
    faults: FaultQueue[ChannelFault] = FaultQueue()
    taken: list[Taken] = []
    app = FastAPI(title="Stand-in for a channel")
    app.include_router(_control(faults, taken), prefix="/_sandbox")

    @app.post("/{name}")
    async def take(name: str, request: Request) -> Response:
        raw = await request.body()
        try:
            Webhook(SECRET).verify(raw, dict(request.headers))
        except WebhookVerificationError:
            return Response(status_code=401)
        fault = faults.take()
        failure = None if fault is None else fault.fault
        if failure in {None, ChannelFailure.DONE_BUT_TIMEOUT}:
            webhook_id = request.headers["webhook-id"]
            taken.append(Taken(channel=name, webhook_id=webhook_id, body=json_or_text(raw)))
        if failure is ChannelFailure.DONE_BUT_TIMEOUT:
            await hang(request, LONGEST_HANG)
        return Response(status_code=_STATUS.get(failure, 504))

    return app


def _control(faults: FaultQueue[ChannelFault], taken: list[Taken]) -> APIRouter:
    router = APIRouter()

    @router.post("/faults", status_code=204)
    async def fail(fault: ChannelFault) -> None:
        faults.add(fault)

    @router.get("/messages")
    async def messages() -> list[Taken]:
        return taken

    return router
