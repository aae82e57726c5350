"""The chaotic side of the stand-in for Meta: `PUT /_sandbox/chaos` starts it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from sandbox.chaos import ChaosPlan
from sandbox.chaos_updates import SentMessage
from sandbox.graph import GraphAnswer, GraphFault
from sandbox.template_message import TemplateMessage
from sandbox.webhook_payloads import DeliveredUpdate
from sandbox.webhook_sender import WebhookSender


class ChaosSettings(BaseModel):
    """The seed, and where updates are posted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    webhook_url: Annotated[str, Field(pattern=r"^http://(127\.0\.0\.1|localhost)(:\d+)?/\S*$")]
    """On loopback: a stand-in posts to no other machine."""
    app_secret: Annotated[str, Field(min_length=1)]


class UpdateDeliveries(BaseModel):
    """The updates that were answered 200, and how many are yet to be posted."""

    delivered: list[DeliveredUpdate]
    pending: int


@dataclass(frozen=True)
class _Run:
    plan: ChaosPlan
    sender: WebhookSender


class ChaosMeta:
    """Draws faults for requests, and posts updates about messages. Off until started."""

    def __init__(self) -> None:
        self._run: _Run | None = None

    async def start(self, settings: ChaosSettings) -> None:
        """Begin, also anew with other settings."""
        await self.stop()
        sender = WebhookSender(settings.webhook_url, settings.app_secret, settings.seed)
        self._run = _Run(ChaosPlan(settings.seed), sender)

    async def stop(self) -> None:
        """Draw no more faults and drop pending updates."""
        run, self._run = self._run, None
        if run is not None:
            await run.sender.close()

    @property
    def deliveries(self) -> UpdateDeliveries:
        """What was delivered since the start."""
        if self._run is None:
            return UpdateDeliveries(delivered=[], pending=0)
        sender = self._run.sender
        return UpdateDeliveries(delivered=sender.delivered, pending=sender.pending)

    def fault(self, message: TemplateMessage) -> GraphFault | None:
        """The fault of a request, if any."""
        return None if self._run is None else self._run.plan.fault(message.to)

    async def before_answer(self, phone_number_id: str, answer: GraphAnswer) -> None:
        """Delay the answer, post the updates that come before it, and schedule the others."""
        run, message = self._run, answer.message
        if run is None or message is None:
            return
        await asyncio.sleep(run.plan.answer_delay(message.to).total_seconds())
        stopped_meanwhile = run is not self._run
        if answer.message_id is not None and not stopped_meanwhile:
            sent = SentMessage(
                phone_number_id=phone_number_id,
                to=message.to,
                wamid=answer.message_id,
                callback_data=message.callback_data,
                answered=answer.status == HTTPStatus.OK,
            )
            await run.sender.send(run.plan.updates(sent, datetime.now(UTC)))


def chaos_control(chaos: ChaosMeta) -> APIRouter:
    """The routes that start it and list what it delivered."""
    router = APIRouter()

    @router.put("/chaos", status_code=204)
    async def start(settings: ChaosSettings) -> None:
        await chaos.start(settings)

    @router.get("/delivered_updates")
    async def delivered_updates() -> UpdateDeliveries:
        return chaos.deliveries

    return router
