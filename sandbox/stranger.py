"""The strange side of the stand-in for Meta: asleep until `PUT /_sandbox/strange` wakes it."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from sandbox.graph import GraphAnswer, GraphFault
from sandbox.strange import Sent, Strange
from sandbox.teller import Teller
from sandbox.telling import Told
from sandbox.template_message import TemplateMessage


class Strangeness(BaseModel):
    """How to be strange, and whom to tell."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    webhook_url: Annotated[str, Field(pattern=r"^http://(127\.0\.0\.1|localhost)(:\d+)?/\S*$")]
    """On loopback: a stand-in tells nobody else."""
    app_secret: Annotated[str, Field(min_length=1)]


class Truth(BaseModel):
    """What was told and answered 200, and how much is still to be told."""

    told: list[Told]
    waiting: int


class Stranger:
    """Draws faults for requests, and tells of messages afterwards."""

    def __init__(self) -> None:
        """Begin as usual, with nothing strange."""
        self._strange: Strange | None = None
        self._teller: Teller | None = None

    async def begin(self, how: Strangeness) -> None:
        """Be strange from now on."""
        await self.end()
        self._strange = Strange(how.seed)
        self._teller = Teller(how.webhook_url, how.app_secret, how.seed)

    async def end(self) -> None:
        """Be as usual again, and tell nothing more."""
        if self._teller is not None:
            await self._teller.close()
        self._strange = self._teller = None

    @property
    def truth(self) -> Truth:
        """What Meta's truth is so far."""
        if self._teller is None:
            return Truth(told=[], waiting=0)
        return Truth(told=self._teller.told, waiting=self._teller.waiting)

    def fault(self, message: TemplateMessage) -> GraphFault | None:
        """What goes wrong with a request."""
        return None if self._strange is None else self._strange.fault(message.to)

    async def react(self, number: str, answer: GraphAnswer) -> None:
        """Do what comes before the answer, and see to what comes after it."""
        message = answer.message
        if self._strange is None or self._teller is None or message is None:
            return
        await asyncio.sleep(self._strange.delay(message.to))
        if answer.message_id is not None:
            sent = Sent(
                number=number,
                to=message.to,
                wamid=answer.message_id,
                callback_data=message.callback_data,
                answered=answer.status == 200,  # noqa: PLR2004
            )
            await self._teller.tell(self._strange.said_of(sent, datetime.now(UTC)))


def control(stranger: Stranger) -> APIRouter:
    """The routes that wake it and tell its truth."""
    router = APIRouter()

    @router.put("/strange", status_code=204)
    async def begin(how: Strangeness) -> None:
        await stranger.begin(how)

    @router.get("/told")
    async def told() -> Truth:
        return stranger.truth

    return router
